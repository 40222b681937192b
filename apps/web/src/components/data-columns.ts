import type { MouseEvent, ReactNode } from 'react';
import type { ColumnSize } from './fit-columns.ts';

export interface Column<Row> extends ColumnSize {
  /** With `_` before it: for screen readers only. */
  name: string;
  /** Its share of the room that is left; without one it is as wide as it needs to be. */
  grows?: number;
  end?: true;
  cell: (row: Row) => ReactNode;
}

export interface RowsProps<Row> {
  label: string;
  columns: Column<Row>[];
  /** undefined: not known yet; then as many grey rows as will probably come. */
  rows: Row[] | undefined;
  rowKey: (row: Row) => string;
  expectedRows?: number;
}

/** Opens what the row is about, as its link would. */
export function openRow(event: MouseEvent<HTMLElement>): void {
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
