import { Skeleton } from '@mantine/core';
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { DataCards } from './data-cards.tsx';
import { type Column, openRow, type RowsProps } from './data-columns.ts';
import styles from './data-table.module.css';
import { fitColumns } from './fit-columns.ts';

/**
 * One line a row, or a card a row where the room is too narrow for lines. Columns that have no place are named below, and
 * are all in the cards. A link marked `data-row-link` in a row is what the row opens: by a click anywhere on it, and by the
 * keys j, k and Enter.
 */
export function DataTable<Row>(props: RowsProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [asCards, setAsCards] = useState(false);
  const kept = width === undefined ? undefined : fitColumns(props.columns, width);
  const isTable = kept !== undefined && !(asCards && kept.length < props.columns.length);
  return (
    <div ref={frame} className={styles.frame}>
      {width === undefined ? null : isTable ? (
        <Lines {...props} columns={kept} room={width} />
      ) : (
        <DataCards {...props} />
      )}
      {kept && kept.length < props.columns.length && (
        <LeftOut
          names={props.columns.filter((column) => !kept.includes(column)).map(({ name }) => name)}
          asCards={asCards}
          setAsCards={setAsCards}
        />
      )}
    </div>
  );
}

/** How wide it is, in pixels; known before anything is painted. */
function useWidth(element: RefObject<HTMLElement | null>): number | undefined {
  const [width, setWidth] = useState<number>();
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setWidth(current.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

interface LeftOutProps {
  names: string[];
  asCards: boolean;
  setAsCards: (asCards: boolean) => void;
}

/** Nothing is left out in silence. */
function LeftOut({ names, asCards, setAsCards }: LeftOutProps) {
  return (
    <p className={styles.leftOut}>
      {!asCards && <>No room for {new Intl.ListFormat('en').format(names.map((name) => name.toLowerCase()))}. </>}
      <button type="button" onClick={() => setAsCards(!asCards)}>
        {asCards ? 'Show as a table' : 'Show everything'}
      </button>
    </p>
  );
}

function Lines<Row>({ label, columns, rows, rowKey, room, expectedRows = 6 }: RowsProps<Row> & { room: number }) {
  const shares = columns.reduce((sum, { grows = 0 }) => sum + grows, 0);
  const left = room - columns.reduce((sum, { width }) => sum + width, 0);
  const widthOf = ({ width, grows = 0 }: Column<Row>) => (shares === 0 ? undefined : width + (left * grows) / shares);
  return (
    <table className={styles.table} aria-label={label} aria-busy={rows === undefined}>
      <colgroup>
        {columns.map((column) => (
          <col key={column.name} style={{ width: widthOf(column) }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" className={column.end && styles.end}>
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
                  <td key={column.name} className={classOf(column)} data-clips={column.grows && ''}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))
          : Array.from({ length: expectedRows }, (_, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: grey rows have no other identity.
              <tr key={row}>
                {columns.map((column, index) => (
                  <td key={column.name} className={column.end && styles.end}>
                    <Skeleton height={10} width={`${45 + ((row * 17 + index * 29) % 40)}%`} />
                  </td>
                ))}
              </tr>
            ))}
      </tbody>
    </table>
  );
}

/** What grows holds text of any length, which is cut short where it has to be; the rest is whole. */
const classOf = ({ end, grows }: { end?: true; grows?: number }): string =>
  `${end ? styles.end : ''} ${grows ? styles.text : ''}`;
