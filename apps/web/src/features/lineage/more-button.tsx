import { Popover } from '@mantine/core';
import { useState } from 'react';
import { batch } from './graph-context.ts';
import { MoreList, type TableSide } from './more-list.tsx';
import styles from './table-node.module.css';

/** At the side of a table: how many neighbours are folded there, and the way to them. */
export function MoreButton({ table, way, asked, shown, actions }: TableSide) {
  const [isOpen, setIsOpen] = useState(false);
  const { leftOut } = table[way];
  if (leftOut === 0 && asked === 0) return null;
  const words = leftOut === 0 ? `Fold ${way} of ${table.name}` : `${leftOut} more ${way} of ${table.name}`;
  const side = { className: `${styles.fold} ${styles[way]}`, 'aria-label': words, title: words } as const;
  if (leftOut === 0)
    return (
      <button type="button" {...side} onClick={() => actions.foldMore(table.id, way)}>
        −
      </button>
    );
  if (leftOut <= batch && asked === 0)
    return (
      <button type="button" {...side} onClick={() => actions.showMore(table.id, way, batch)}>
        {leftOut} more
      </button>
    );
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      position={way === 'upstream' ? 'bottom-end' : 'bottom-start'}
      middlewares={{ flip: true, shift: { padding: 8 } }}
      width={320}
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <button type="button" {...side} onClick={() => setIsOpen(!isOpen)}>
          {leftOut} more
        </button>
      </Popover.Target>
      {/* Keys and wheel in the list are not for the graph behind it. */}
      <Popover.Dropdown aria-label={words} onKeyDown={(event) => event.stopPropagation()}>
        {isOpen && (
          <MoreList
            table={table}
            way={way}
            asked={asked}
            shown={shown}
            actions={actions}
            close={() => setIsOpen(false)}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
