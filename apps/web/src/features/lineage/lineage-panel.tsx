import type { LineageEdge, LineageNode } from '@bigeye/contracts';
import { ActionIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy.tsx';
import { Icon } from '../../components/icon.tsx';
import { Facts, Section } from '../../components/page.tsx';
import { isTable, type LineageModel, neighboursOf, originsOf, tableIdOf } from './lineage-model.ts';
import styles from './lineage-panel.module.css';
import { nodeTypeWords, sqlOf, transformationWords } from './lineage-words.ts';
import { NodeIcon } from './node-icon.tsx';

interface Props {
  model: LineageModel;
  node: LineageNode;
  choose: (id: number) => void;
  close: () => void;
}

/** All that is known of the chosen column or table. */
export function LineagePanel({ model, node, choose, close }: Props) {
  return (
    <aside className={styles.panel} aria-label={`Details of ${node.path}`}>
      <div className={styles.title}>
        <NodeIcon type={node.type} />
        <h2>{node.name}</h2>
        <CopyButton text={node.path} label="Copy the path" />
        <ActionIcon color="gray" aria-label="Close the details" onClick={close}>
          <Icon name="cross" />
        </ActionIcon>
      </div>
      <Facts
        facts={[
          ['Path', node.path],
          ['Type', node.attributes.dataType ?? nodeTypeWords[node.type]],
          ['Columns', model.tables.get(node.id)?.columns.length],
          ['Repository', node.repository],
        ]}
      />
      {isTable(node) ? (
        <TableParts model={model} node={node} choose={choose} />
      ) : (
        <ColumnParts model={model} node={node} choose={choose} />
      )}
      <Sql model={model} node={node} />
    </aside>
  );
}

type PartProps = Omit<Props, 'close'>;

function ColumnParts({ model, node, choose }: PartProps) {
  const tableId = tableIdOf(model, node.id) ?? node.id;
  const end = (edges: LineageEdge[] | undefined, way: 'upstreamId' | 'downstreamId') =>
    (edges ?? []).map((edge) => ({ edge, node: model.nodes.get(edge[way]) }));
  return (
    <>
      <Ends title="Comes from" ends={end(model.into.get(node.id), 'upstreamId')} choose={choose}>
        Nothing is known to lead to it.
      </Ends>
      <Origins origins={originsOf(model, node.id)} choose={choose} />
      <Ends title="Goes to" ends={end(model.outOf.get(node.id), 'downstreamId')} choose={choose}>
        Nothing is known to use it.
      </Ends>
      <Ends
        title="Its rows are decided by"
        ends={decisive(end(model.into.get(tableId), 'upstreamId'))}
        choose={choose}
      />
    </>
  );
}

const decisive = (ends: { edge: LineageEdge; node: LineageNode | undefined }[]) =>
  ends.filter(({ node }) => node?.type === 'COLUMN');

function TableParts({ model, node, choose }: PartProps) {
  const tables = (way: 'upstream' | 'downstream') =>
    [...neighboursOf(model, node.id, way)].map((id) => ({ edge: undefined, node: model.nodes.get(id) }));
  const rows = (model.into.get(node.id) ?? []).map((edge) => ({ edge, node: model.nodes.get(edge.upstreamId) }));
  return (
    <>
      <Ends title="Reads" ends={tables('upstream')} choose={choose}>
        Nothing; this is where data comes in.
      </Ends>
      <Ends title="Is read by" ends={tables('downstream')} choose={choose}>
        Nothing is known to read it.
      </Ends>
      <Ends title="Its rows are decided by" ends={decisive(rows)} choose={choose} />
    </>
  );
}

interface EndsProps {
  title: string;
  ends: { edge: LineageEdge | undefined; node: LineageNode | undefined }[];
  choose: (id: number) => void;
  /** Said where there are none; without it the part is left out then. */
  children?: ReactNode;
}

function Ends({ title, ends, choose, children }: EndsProps) {
  if (ends.length === 0 && !children) return null;
  return (
    <>
      <Section title={title} />
      {ends.length === 0 && <p className={styles.none}>{children}</p>}
      <ul className={styles.ends}>
        {ends.map(({ edge, node }) => node && <End key={node.id} edge={edge} node={node} choose={choose} />)}
      </ul>
    </>
  );
}

function End({
  edge,
  node,
  choose,
}: {
  edge: LineageEdge | undefined;
  node: LineageNode;
  choose: (id: number) => void;
}) {
  return (
    <li>
      <button type="button" onClick={() => choose(node.id)}>
        {withoutDatabase(node.path)}
      </button>
      {edge?.transformations.map((transformation) => (
        <div key={transformation.type + transformation.subtype} className={styles.kind}>
          {transformationWords(transformation)}
          {transformation.description && <code>{transformation.description}</code>}
        </div>
      ))}
    </li>
  );
}

function Origins({ origins, choose }: { origins: LineageNode[]; choose: (id: number) => void }) {
  if (origins.length === 0) return null;
  return (
    <Ends title="Origins, as far as shown" ends={origins.map((node) => ({ edge: undefined, node }))} choose={choose} />
  );
}

const withoutDatabase = (path: string): string => path.split('.').slice(1).join('.');

function Sql({ model, node }: { model: LineageModel; node: LineageNode }) {
  const table = model.nodes.get(tableIdOf(model, node.id) ?? node.id);
  const sql = table && sqlOf(table);
  if (!sql) return null;
  return (
    <>
      <div className={styles.sqlTitle}>
        <Section title={table === node ? 'SQL' : `SQL of ${table.name}`} />
        <CopyButton text={sql} label="Copy the SQL" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long SQL scrolls, by keyboard too */}
      <pre className={styles.sql} tabIndex={0}>
        {sql}
      </pre>
    </>
  );
}
