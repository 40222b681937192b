import { type LineageNode, plural } from '@bigeye/contracts';
import { ActionIcon, Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy.tsx';
import { Icon } from '../../components/icon.tsx';
import { Facts, ReadTrouble, Section } from '../../components/page.tsx';
import { isMissing } from '../../lib/read.ts';
import { type NeighboursOf, neighboursQuery, nodeQuery } from './api.ts';
import { type LineageModel, originsOf, type Way } from './lineage-model.ts';
import styles from './lineage-panel.module.css';
import { type ChosenNode, nodeTypeWords, sqlOf, transformationWords, withoutDatabase } from './lineage-words.ts';
import { NodeIcon } from './node-icon.tsx';

interface Props {
  model: LineageModel;
  chosen: ChosenNode;
  choose: (id: number, type: LineageNode['type']) => void;
  /** Makes its table the middle; undefined where it is that already. */
  centre: (() => void) | undefined;
  close: () => void;
}

/** All that is known of the chosen column or table. */
export function LineagePanel({ model, chosen, choose, centre, close }: Props) {
  const details = useQuery(nodeQuery(chosen.id));
  const node = details.data?.node;
  const isColumn = chosen.tableId !== chosen.id;
  return (
    <aside className={styles.panel} aria-label={`Details of ${chosen.path}`}>
      <div className={styles.title}>
        <NodeIcon type={chosen.type} />
        <h2>{chosen.name}</h2>
        <CopyButton text={chosen.path} label="Copy the path" />
        <ActionIcon color="gray" aria-label="Close the details" onClick={close}>
          <Icon name="cross" />
        </ActionIcon>
      </div>
      <Facts
        facts={[
          ['Path', chosen.path],
          ['Type', chosen.dataType ?? nodeTypeWords[chosen.type]],
          ['Columns', isColumn ? undefined : model.tables.get(chosen.id)?.table.columns],
          ['Repository', node?.repository],
        ]}
      />
      {centre && (
        <Button className={styles.centre ?? ''} variant="default" onClick={centre}>
          Put it in the middle
        </Button>
      )}
      {isColumn ? (
        <ColumnParts model={model} chosen={chosen} choose={choose} />
      ) : (
        <TableParts chosen={chosen} choose={choose} />
      )}
      {!node && <ReadTrouble reads={[details]} />}
      {node && <Sql table={details.data?.table ?? node} isOwn={!isColumn} />}
    </aside>
  );
}

type PartProps = Pick<Props, 'chosen' | 'choose'>;

function ColumnParts({ model, chosen, choose }: PartProps & Pick<Props, 'model'>) {
  const origins = originsOf(model, chosen.id);
  const pathOf = (tableId: number) => model.tables.get(tableId)?.table.path ?? '';
  return (
    <>
      <Neighbours title="Comes from" nodeId={chosen.id} way="upstream" of="NODE" choose={choose}>
        Nothing is known to lead to it.
      </Neighbours>
      {origins.length > 0 && (
        <>
          <Section title="Origins, as far as shown" />
          <ul className={styles.ends}>
            {origins.map(({ id, tableId, name }) => (
              <End key={id} path={`${pathOf(tableId)}.${name}`} choose={() => choose(id, 'COLUMN')} />
            ))}
          </ul>
        </>
      )}
      <Neighbours title="Goes to" nodeId={chosen.id} way="downstream" of="NODE" choose={choose}>
        Nothing is known to use it.
      </Neighbours>
      <DecidedBy tableId={chosen.tableId} choose={choose} />
    </>
  );
}

function TableParts({ chosen, choose }: PartProps) {
  return (
    <>
      <Neighbours title="Reads" nodeId={chosen.id} way="upstream" of="TABLE" choose={choose}>
        Nothing; this is where data comes in.
      </Neighbours>
      <Neighbours title="Is read by" nodeId={chosen.id} way="downstream" of="TABLE" choose={choose}>
        Nothing is known to read it.
      </Neighbours>
      <DecidedBy tableId={chosen.id} choose={choose} />
    </>
  );
}

const DecidedBy = ({ tableId, choose }: { tableId: number; choose: Props['choose'] }) => (
  <Neighbours title="Its rows are decided by" nodeId={tableId} way="upstream" of="NODE" onlyColumns choose={choose} />
);

interface NeighboursProps {
  title: string;
  nodeId: number;
  way: Way;
  of: NeighboursOf;
  /** They are listed before the tables. */
  onlyColumns?: boolean;
  choose: Props['choose'];
  /** Said where there are none; without it the part is left out then. */
  children?: ReactNode;
}

function Neighbours({ title, nodeId, way, of, onlyColumns = false, choose, children }: NeighboursProps) {
  const found = useInfiniteQuery(neighboursQuery(nodeId, way, of));
  const all = found.data?.pages.flatMap((page) => page.neighbours) ?? [];
  const ends = onlyColumns ? all.filter(({ type }) => type === 'COLUMN') : all;
  const total = found.data?.pages[0]?.total ?? 0;
  const hasMore = found.hasNextPage && ends.length === all.length;
  if (isMissing(found))
    return (
      <>
        <Section title={title} />
        <ReadTrouble reads={[found]} />
      </>
    );
  if (!found.data || (ends.length === 0 && !children)) return null;
  return (
    <>
      <Section title={hasMore && !onlyColumns ? `${title} (${total})` : title} />
      {ends.length === 0 && <p className={styles.none}>{children}</p>}
      <ul className={styles.ends}>
        {ends.map(({ id, type, path, count, transformations }) => (
          <End key={id} path={path} choose={() => choose(id, type)}>
            {of === 'TABLE' && <div className={styles.kind}>{plural(count, 'edge')}</div>}
            {transformations.map((transformation) => (
              <div key={transformation.type + transformation.subtype} className={styles.kind}>
                {transformationWords(transformation)}
                {transformation.description && <code>{transformation.description}</code>}
              </div>
            ))}
          </End>
        ))}
      </ul>
      {hasMore && (
        <Button
          className={styles.centre ?? ''}
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          List more
        </Button>
      )}
    </>
  );
}

function End({ path, choose, children }: { path: string; choose: () => void; children?: ReactNode }) {
  return (
    <li>
      <button type="button" onClick={choose}>
        {withoutDatabase(path)}
      </button>
      {children}
    </li>
  );
}

function Sql({ table, isOwn }: { table: LineageNode; isOwn: boolean }) {
  const sql = sqlOf(table);
  if (!sql) return null;
  return (
    <>
      <div className={styles.sqlTitle}>
        <Section title={isOwn ? 'SQL' : `SQL of ${table.name}`} />
        <CopyButton text={sql} label="Copy the SQL" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long SQL scrolls, by keyboard too */}
      <pre className={styles.sql} tabIndex={0}>
        {sql}
      </pre>
    </>
  );
}
