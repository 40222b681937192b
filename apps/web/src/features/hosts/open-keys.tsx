import type { RegistrationKeyInfo } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatAhead } from '../../lib/format.ts';
import { useRevokeRegistrationKey } from './api.ts';

const columns: Column<RegistrationKeyInfo>[] = [
  { name: 'Host', width: 120, grows: 1, cell: ({ hostId }) => hostId },
  { name: 'Made by', width: 150, grows: 1, leftOut: 2, cell: ({ createdBy }) => createdBy },
  { name: 'Made', width: 96, leftOut: 1, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  { name: 'Ends', width: 110, cell: (key) => <Ends at={key.expiresAt} /> },
  { name: '_Actions', width: 88, end: true, cell: (key) => <RevokeKeyButton registrationKey={key} /> },
];

/** Keys that somebody could still use; whoever did not make one asks who did. */
export function OpenKeys({ keys }: { keys: RegistrationKeyInfo[] }) {
  if (keys.length === 0) return null;
  return (
    <section>
      <Section title="Other keys that are not used yet" />
      <DataTable label="Registration keys" columns={columns} rows={keys} rowKey={(key) => key.id} expectedRows={1} />
    </section>
  );
}

function Ends({ at }: { at: string }) {
  return <span className="nowrap">{formatAhead(new Date(at), useNow())}</span>;
}

/** Without a question: another key is one click away. */
export function RevokeKeyButton({
  registrationKey,
  label = 'Revoke',
}: {
  registrationKey: RegistrationKeyInfo;
  label?: string;
}) {
  const revoke = useRevokeRegistrationKey(registrationKey);
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        loading={revoke.isPending}
        onClick={() => revoke.mutate()}
        aria-label={`Revoke the key for ${registrationKey.hostId}`}
      >
        {label}
      </Button>
      {revoke.error && <ErrorNotice error={revoke.error} />}
    </>
  );
}
