import type { ApiKeyInfo } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Icon } from '../../components/icon.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { ReadTrouble } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { formatExact } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { apiKeysQuery, type KeysOf, useDeleteApiKey, useKeepApiKey } from './api.ts';
import { CreateKey } from './create-key.tsx';
import styles from './keys-section.module.css';

interface Props {
  of: KeysOf;
  title: string;
  about: string;
  /** On the button that makes one. */
  action: string;
}

/** One kind of keys, newest first, making one, and deleting one. */
export function KeysSection({ of, title, about, action }: Props) {
  const keys = useInfiniteQuery(apiKeysQuery(of));
  const [isCreating, creating] = useDisclosure();
  const [doomed, setDoomed] = useState<ApiKeyInfo>();
  const create = (
    <Button onClick={creating.open} leftSection={<Icon name="plus" />} data-create={of === 'me' || undefined}>
      {action}
    </Button>
  );
  return (
    <section aria-label={title}>
      <div className={styles.head}>
        <div>
          <h2>{title}</h2>
          <p>{about}</p>
        </div>
        {keys.data?.length !== 0 && create}
      </div>
      {isMissing(keys) ? (
        <ReadTrouble reads={[keys]} />
      ) : keys.data?.length === 0 ? (
        <EmptyState title="None yet">{create}</EmptyState>
      ) : (
        <DataTable
          label={title}
          columns={columnsWith(of, setDoomed)}
          rows={keys.data}
          rowKey={({ id }) => id}
          expectedRows={2}
        />
      )}
      <NextPage list={keys} label="Older keys" />
      {isCreating && <CreateKey of={of} title={action} onClose={creating.close} />}
      {doomed && <DeleteKey of={of} apiKey={doomed} onClose={() => setDoomed(undefined)} />}
    </section>
  );
}

/** Of a key that nobody has kept yet. */
function endOf(expiresAt: string): string {
  const date = new Date(expiresAt);
  return date.getTime() <= Date.now() ? 'Has ended.' : `Ends ${formatExact(date)}.`;
}

const columnsWith = (of: KeysOf, askToDelete: (key: ApiKeyInfo) => void): Column<ApiKeyInfo>[] => [
  { name: 'Name', width: 150, grows: 2, cell: ({ name }) => <span title={name}>{name}</span> },
  {
    name: 'Description',
    width: 160,
    grows: 3,
    leftOut: 2,
    cell: ({ description, expiresAt }) => {
      const text = expiresAt ? `${endOf(expiresAt)} ${description}` : description;
      return (
        text && (
          <span className="quiet" title={text}>
            {text}
          </span>
        )
      );
    },
  },
  { name: 'Created', width: 112, leftOut: 3, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    name: 'Last used',
    width: 112,
    leftOut: 1,
    cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : <span className="faint">never</span>),
  },
  {
    name: 'From',
    width: 140,
    leftOut: 4,
    cell: ({ lastUsedIp }) =>
      lastUsedIp ? <span title={lastUsedIp}>{lastUsedIp}</span> : <span className="faint">–</span>,
  },
  {
    name: '_Actions',
    width: 146,
    end: true,
    cell: (key) => (
      <>
        {of === 'me' && key.expiresAt && <KeepKey apiKey={key} />}
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => askToDelete(key)}
          aria-label={`Delete the key ${key.name}`}
        >
          Delete
        </Button>
      </>
    ),
  },
];

function KeepKey({ apiKey }: { apiKey: ApiKeyInfo }) {
  const keep = useKeepApiKey();
  return (
    <Button
      variant="default"
      size="compact-xs"
      mr={6}
      loading={keep.isPending}
      onClick={() => keep.mutate(apiKey.id)}
      title={keep.error?.message ?? 'It is then good until it is deleted'}
      aria-label={`Keep the key ${apiKey.name}`}
    >
      Keep
    </Button>
  );
}

function DeleteKey({ of, apiKey, onClose }: { of: KeysOf; apiKey: ApiKeyInfo; onClose: () => void }) {
  const remove = useDeleteApiKey(of);
  return (
    <Confirm
      title={`Delete ${apiKey.name}?`}
      action="Delete key"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(apiKey.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      Whatever uses this key is refused from its next request on. This cannot be undone.
    </Confirm>
  );
}
