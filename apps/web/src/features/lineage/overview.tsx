import { useReactFlow, useViewport } from '@xyflow/react';
import { memo, type PointerEvent, type RefObject } from 'react';
import { rectOf } from './graph-shape.ts';
import styles from './overview.module.css';
import type { Arranged } from './use-positions.ts';
import { boundsOf, centredOn, type Rect, seenIn } from './viewport.ts';

/** All tables, small, and what of them is seen. Press or drag to go there. */
export function Overview({ arranged, pane }: { arranged: Arranged; pane: RefObject<HTMLElement | null> }) {
  const flow = useReactFlow();
  const viewport = useViewport();
  const { clientWidth = 1, clientHeight = 1 } = pane.current ?? {};
  const size = { width: clientWidth, height: clientHeight };
  const { tables, positions, model } = arranged;
  const rects = [...tables.keys()].flatMap((id) => rectOf(positions, tables, id) ?? []);
  const bounds = boundsOf(rects);
  const seen = seenIn(viewport, size, 0);
  const root = rectOf(positions, tables, model.rootId);
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const matrix = event.currentTarget.getScreenCTM();
    if (!matrix) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    void flow.setViewport(centredOn({ x, y, width: 0, height: 0 }, size, viewport.zoom));
  };
  return (
    <svg
      className={styles.overview}
      role="img"
      aria-label="Overview of the graph"
      viewBox={`${bounds.x} ${bounds.y} ${bounds.width} ${bounds.height}`}
      onPointerDown={go}
      onPointerMove={go}
    >
      <Boxes arranged={arranged} />
      {root && <path className={styles.root} d={box(root)} />}
      <path className={styles.seen} d={box(seen)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

const Boxes = memo(function Boxes({ arranged: { tables, positions } }: { arranged: Arranged }) {
  const rects = [...tables.keys()].flatMap((id) => rectOf(positions, tables, id) ?? []);
  return <path className={styles.boxes} d={rects.map(box).join('')} />;
});

const box = ({ x, y, width, height }: Rect): string => `M${x} ${y}h${width}v${height}h${-width}z`;
