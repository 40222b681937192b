import type { HostId, RegistrationKeyInfo } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { ReadTrouble, Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatAhead } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { openKeysQuery, useRevokeRegistrationKey } from './api.ts';

const columns: Column<RegistrationKeyInfo>[] = [
  { name: 'Host', width: 120, grows: 1, cell: ({ hostId }) => hostId },
  { name: 'Made by', width: 150, grows: 1, leftOut: 2, cell: ({ createdBy }) => createdBy },
  { name: 'Made', width: 96, leftOut: 1, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  { name: 'Ends', width: 110, cell: (key) => <Ends at={key.expiresAt} /> },
  { name: '_Actions', width: 88, end: true, cell: (key) => <RevokeKeyButton registrationKey={key} /> },
];

/** Keys that somebody could still use, but the one `without` host; whoever did not make one asks who did. */
export function OpenKeys({ without }: { without: HostId | undefined }) {
  const open = useInfiniteQuery(openKeysQuery);
  const keys = open.data?.filter(({ hostId }) => hostId !== without);
  if (isMissing(open)) return <ReadTrouble reads={[open]} />;
  if (!keys || keys.length === 0) return null;
  return (
    <section>
      <Section title="Other keys that are not used yet" />
      <DataTable label="Registration keys" columns={columns} rows={keys} rowKey={(key) => key.id} expectedRows={1} />
      <NextPage list={open} label="Older keys" />
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
