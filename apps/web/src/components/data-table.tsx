import { Skeleton } from '@mantine/core';
import type { MouseEvent, ReactNode } from 'react';
import styles from './data-table.module.css';

export interface Column<Row> {
  name: string;
  /** CSS width; columns without one share what is left. */
  width?: string;
  end?: true;
  /** Left out on narrow screens. */
  wide?: true;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  /** undefined: not known yet; then as many grey rows as will probably come. */
  rows: Row[] | undefined;
  rowKey: (row: Row) => string;
  expectedRows?: number;
}

/**
 * One line a row. A link marked `data-row-link` in a row is what the row opens: by a click anywhere on it, and by the keys
 * j, k and Enter.
 */
export function DataTable<Row>({ label, columns, rows, rowKey, expectedRows = 6 }: Props<Row>) {
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={label} aria-busy={rows === undefined}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.name} className={column.wide && styles.wide} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name.startsWith('_') ? (
                  <span className="visually-hidden">{column.name.slice(1)}</span>
                ) : (
                  column.name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            ? rows.map((row) => (
                // The link in the row is the way for keyboards and screen readers; this only widens its target.
                <tr key={rowKey(row)} onClick={openRow}>
                  {columns.map((column) => (
                    <td key={column.name} className={classOf(column)}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))
            : Array.from({ length: expectedRows }, (_, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: grey rows have no other identity.
                <tr key={row}>
                  {columns.map((column, index) => (
                    <td key={column.name} className={classOf(column)}>
                      <Skeleton height={10} width={`${45 + ((row * 17 + index * 29) % 40)}%`} />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf({ end, wide }: { end?: true; wide?: true }): string {
  return `${end ? styles.end : ''} ${wide ? styles.wide : ''}`;
}

function openRow(event: MouseEvent<HTMLTableRowElement>): void {
  const target = event.target as HTMLElement;
  if (target.closest('a, button, input, [role=menu]') || String(getSelection()) !== '') return;
  const link = event.currentTarget.querySelector<HTMLElement>('[data-row-link]');
  link?.dispatchEvent(
    new globalThis.MouseEvent('click', {
      bubbles: true,
      cancelable: true,
      metaKey: event.metaKey,
      ctrlKey: event.ctrlKey,
    }),
  );
}
