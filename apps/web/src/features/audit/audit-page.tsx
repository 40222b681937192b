import type { AuditEntry } from '@bigeye/contracts';
import { Button, Modal } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { EmptyState, ErrorNotice } from '../../components/notice.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { isMissing } from '../../lib/read.ts';
import { actionWords, detailWords } from './action-words.ts';
import { auditQuery, useVerifyAuditLog } from './api.ts';
import styles from './audit.module.css';
import { auditAnswer } from './audit-answer.ts';
import { toAuditListFilter } from './audit-filter.ts';
import { AuditFilters } from './audit-filters.tsx';
import { EntryFacts } from './entry-facts.tsx';

const route = getRouteApi('/shell/settings/audit');

/** Who changed what? */
export function AuditPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(auditQuery(filter, () => toAuditListFilter(filter, new Date())));
  const verify = useVerifyAuditLog();
  const [opened, open] = useState<AuditEntry>();
  const entries = query.data;
  return (
    <Page title="Audit">
      <Answer
        answer={entries && auditAnswer(entries[0], verify.data)}
        reads={[query]}
        of="The audit log"
        actions={
          <>
            <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
              Verify
            </Button>
            <Button
              component="a"
              href="/api/v1/audit/export"
              download="audit.ndjson"
              variant="default"
              leftSection={<Icon name="download" />}
            >
              Export
            </Button>
          </>
        }
      />
      <AuditFilters filter={filter} />
      {verify.error && <ErrorNotice error={verify.error} />}
      {entries?.length === 0 ? (
        <EmptyState title="Nothing is like that" text="No entry of the audit log matches this filter.">
          <LinkButton to="/settings/audit" search={{}} variant="default">
            Show all entries
          </LinkButton>
        </EmptyState>
      ) : (
        !isMissing(query) && (
          <DataTable
            label="Audit log"
            columns={columnsWith(open)}
            rows={entries}
            rowKey={({ sequence }) => String(sequence)}
            expectedRows={12}
          />
        )
      )}
      <NextPage list={query} label="Older entries" />
      {opened && (
        <Modal opened onClose={() => open(undefined)} title={`Entry ${opened.sequence}`} size="lg">
          <EntryFacts entry={opened} />
        </Modal>
      )}
    </Page>
  );
}

const columnsWith = (open: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  { name: 'When', width: 112, cell: ({ at }) => <Ago at={at} /> },
  {
    name: 'Who',
    width: 150,
    grows: 2,
    cell: ({ actorName, actorKind }) => (
      <Link to="/settings/audit" search={{ who: actorName }} className={styles.who} title={`All of ${actorName}`}>
        {actorName}
        {actorKind !== 'user' && actorKind !== actorName && <span className="quiet"> · {actorKind}</span>}
      </Link>
    ),
  },
  {
    name: 'What',
    width: 150,
    grows: 2,
    cell: (entry) => (
      <button type="button" data-row-link onClick={() => open(entry)}>
        {actionWords(entry.action)}
      </button>
    ),
  },
  { name: 'Result', width: 140, grows: 1, leftOut: 1, cell: (entry) => <Result entry={entry} /> },
  { name: 'Details', width: 180, grows: 3, leftOut: 3, cell: ({ details }) => <Details details={details} /> },
  { name: 'From', width: 130, leftOut: 2, cell: ({ address }) => <span title={address}>{address}</span> },
];

function Result({ entry: { status, errorCode } }: { entry: AuditEntry }) {
  if (status < 400) return <span className="quiet">done</span>;
  return (
    <span title={`${status} ${errorCode ?? ''}`} className={styles.refused}>
      <Icon name="cross" size={13} /> {errorCode ?? status}
    </span>
  );
}

function Details({ details }: { details: AuditEntry['details'] }) {
  const text = detailWords(details);
  return (
    <span className="quiet" title={text}>
      {text}
    </span>
  );
}
