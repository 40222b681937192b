import type { HostState, HostSummary } from '@bigeye/contracts';
import { Link, useNavigate } from '@tanstack/react-router';
import filters from '../../components/filters.module.css';
import { SearchField } from '../../components/search-field.tsx';
import { formatCount } from '../../lib/format.ts';
import { type HostFilter, hostFilterOf } from './host-filter.ts';
import { HostStateIcon } from './host-state.tsx';

const names: Record<HostState, string> = {
  registered: 'Never heard of',
  online: 'Online',
  offline: 'Offline',
  revoked: 'Revoked',
};
/** By how often one looks for them. */
const order: HostState[] = ['online', 'offline', 'registered', 'revoked'];

/** `states`: how many hosts there are in each, once known. */
export function HostFilters({ filter, states }: { filter: HostFilter; states: HostSummary['states'] | undefined }) {
  const navigate = useNavigate();
  const { state: _, ...rest } = filter;
  const exact = { activeOptions: { includeSearch: true, exact: true } };
  return (
    <search className={filters.filters} aria-label="Filter the hosts">
      <nav className={filters.statuses} aria-label="State">
        <Link to="/settings/agents/hosts" search={rest} {...exact}>
          All
        </Link>
        {order.map((state) => (
          <Link key={state} to="/settings/agents/hosts" search={{ ...rest, state }} {...exact}>
            <HostStateIcon state={state} />
            {names[state]}
            {states && <span className="quiet">{formatCount(states[state])}</span>}
          </Link>
        ))}
      </nav>
      <SearchField
        label="Host id"
        value={filter.search ?? ''}
        onChange={(search) =>
          void navigate({ to: '/settings/agents/hosts', search: hostFilterOf({ ...filter, search }) })
        }
      />
    </search>
  );
}
