import type { SessionInfo } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Ago } from '../../components/time.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatAhead } from '../../lib/format.ts';
import { useEndSession } from './api.ts';
import { browserOf } from './browser-of.ts';

export function SessionsTable({ sessions }: { sessions: SessionInfo[] | undefined }) {
  const end = useEndSession();
  const columns: Column<SessionInfo>[] = [
    {
      name: 'Browser',
      width: 180,
      grows: 2,
      cell: (session) => (
        <span title={session.userAgent ?? ''}>
          {browserOf(session.userAgent)}
          {session.isCurrent && <span className="quiet"> · this one</span>}
        </span>
      ),
    },
    {
      name: 'Address',
      width: 130,
      grows: 1,
      leftOut: 1,
      cell: (session) => session.address ?? <span className="faint">–</span>,
    },
    { name: 'Signed in', width: 120, cell: (session) => <Ago at={session.createdAt} /> },
    { name: 'Ends', width: 112, leftOut: 2, cell: (session) => <Ahead at={session.expiresAt} /> },
    {
      name: '_Actions',
      width: 72,
      end: true,
      cell: (session) =>
        !session.isCurrent && (
          <Button
            variant="default"
            size="compact-xs"
            loading={end.isPending && end.variables === session.id}
            onClick={() => end.mutate(session.id)}
            aria-label={`End the session in ${browserOf(session.userAgent)}`}
          >
            End
          </Button>
        ),
    },
  ];
  if (sessions?.length === 0) return <p className="quiet">No session is open.</p>;
  return (
    <>
      {end.error && <ErrorNotice error={end.error} />}
      <DataTable label="Sessions" columns={columns} rows={sessions} rowKey={({ id }) => id} expectedRows={2} />
    </>
  );
}

function Ahead({ at }: { at: string }) {
  return <>{formatAhead(new Date(at), useNow())}</>;
}
