import { ViewportPortal } from '@xyflow/react';
import { memo } from 'react';
import styles from './edge-layer.module.css';
import type { LineageEdge, Path } from './lineage-model.ts';

interface Props {
  curves: Map<LineageEdge, string>;
  lit: Path | undefined;
}

/**
 * All edges in a few paths: thousands of elements, one for each edge, would be thousands to lay out and paint whenever
 * the pointer moves. Behind the tables.
 */
export const EdgeLayer = memo(function EdgeLayer({ curves, lit }: Props) {
  const all = [...curves];
  const joined = (of: typeof all) => of.map(([, curve]) => curve).join('');
  const drawn = (className: string | undefined, of: typeof all) => (
    <>
      <path className={className} d={joined(of.filter(([edge]) => !edge.indirect))} />
      <path className={`${className} ${styles.indirect}`} d={joined(of.filter(([edge]) => edge.indirect))} />
    </>
  );
  return (
    <ViewportPortal>
      <svg className={styles.edges} aria-hidden="true">
        <g className={lit && styles.dim}>{drawn(styles.edge, all)}</g>
        {lit &&
          drawn(
            styles.lit,
            all.filter(([edge]) => lit.edges.has(edge)),
          )}
      </svg>
    </ViewportPortal>
  );
});
