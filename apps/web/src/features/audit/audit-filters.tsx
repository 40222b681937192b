import { apiRoutes, auditShortening, hostListenerRoutes, isAudited, type Route } from '@bigeye/contracts';
import { Select } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import filters from '../../components/filters.module.css';
import { SearchField } from '../../components/search-field.tsx';
import { actionWords } from './action-words.ts';
import { type AuditFilter, auditFilterOf, periods } from './audit-filter.ts';

/** Everything that makes entries when all goes well; a refused read is found by its outcome. */
const actions = (Object.entries({ ...apiRoutes, ...hostListenerRoutes }) as [string, Route][])
  .filter(([, route]) => isAudited(route))
  .map(([name]) => name)
  .concat(auditShortening)
  .map((name) => ({ value: name, label: actionWords(name) }))
  .sort((a, b) => a.label.localeCompare(b.label, 'en'));

export function AuditFilters({ filter }: { filter: AuditFilter }) {
  const navigate = useNavigate();
  const change = (part: Record<keyof AuditFilter, unknown> | Partial<Record<keyof AuditFilter, unknown>>) =>
    void navigate({ to: '/settings/audit', search: auditFilterOf({ ...filter, ...part }) });
  return (
    <search className={filters.filters} aria-label="Filter the audit log">
      <Outcomes filter={filter} />
      <SearchField label="Who" value={filter.who ?? ''} onChange={(who) => change({ who })} />
      <Select
        className={filters.choose ?? ''}
        size="xs"
        aria-label="What"
        placeholder="Everything"
        searchable
        clearable
        nothingFoundMessage="Nothing of that name"
        data={actions}
        value={filter.what ?? null}
        onChange={(what) => change({ what })}
      />
      <Select
        className={filters.choose ?? ''}
        size="xs"
        aria-label="When"
        placeholder="All time"
        clearable
        data={Object.entries(periods).map(([value, label]) => ({ value, label }))}
        value={filter.when ?? null}
        onChange={(when) => change({ when })}
      />
    </search>
  );
}

function Outcomes({ filter: { outcome: _, ...rest } }: { filter: AuditFilter }) {
  const exact = { activeOptions: { includeSearch: true, exact: true } };
  return (
    <nav className={filters.statuses} aria-label="Outcome">
      <Link to="/settings/audit" search={rest} {...exact}>
        All
      </Link>
      <Link to="/settings/audit" search={{ ...rest, outcome: 'done' }} {...exact}>
        Done
      </Link>
      <Link to="/settings/audit" search={{ ...rest, outcome: 'refused' }} {...exact}>
        Refused or failed
      </Link>
    </nav>
  );
}
