import { Skeleton } from '@mantine/core';
import styles from './data-cards.module.css';
import { type Column, openRow, type RowsProps } from './data-columns.ts';

/** The rows of a table below each other, each with all that is known of it. */
export function DataCards<Row>({ label, columns, rows, rowKey, expectedRows = 6 }: RowsProps<Row>) {
  const [title, ...others] = columns;
  const facts = others.filter(({ name }) => !name.startsWith('_'));
  const actions = others.filter(({ name }) => name.startsWith('_'));
  if (!title) return null;
  if (!rows)
    return (
      <ul className={styles.cards} aria-label={label} aria-busy>
        {Array.from({ length: expectedRows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: grey rows have no other identity.
          <li key={row}>
            <Skeleton height={12} width="60%" mb={10} />
            <Skeleton height={10} width="85%" />
          </li>
        ))}
      </ul>
    );
  return (
    <ul className={styles.cards} aria-label={label}>
      {rows.map((row) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the link in it is the way for keyboards; this only widens its target.
        <li key={rowKey(row)} onClick={openRow}>
          <div className={styles.head}>
            <div className={styles.title}>{title.cell(row)}</div>
            {actions.map((column) => (
              <div key={column.name}>{column.cell(row)}</div>
            ))}
          </div>
          <dl>
            {facts.map((column) => (
              <Fact key={column.name} column={column} row={row} />
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Fact<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const value = column.cell(row);
  if (value === null || value === undefined || value === '') return null;
  return (
    <>
      <dt>{column.name}</dt>
      <dd>{value}</dd>
    </>
  );
}
