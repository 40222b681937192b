import { useOnViewportChange, useReactFlow } from '@xyflow/react';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { rectOf } from './graph-shape.ts';
import type { Arranged } from './use-positions.ts';
import { type Rect, seenIn } from './viewport.ts';

/** Tables that are begun in one frame: more of them would be felt as a jerk. */
const atOnce = 8;

/**
 * The tables in view: only these are in the page, and they come some a frame, those in the middle first. `isWhole` when all
 * are there.
 */
export function useInView(arranged: Arranged | undefined, pane: RefObject<HTMLElement | null>) {
  const flow = useReactFlow();
  const [inView, setInView] = useState<{ ids: ReadonlySet<number>; of: Arranged | undefined; isWhole: boolean }>({
    ids: new Set(),
    of: undefined,
    isWhole: false,
  });
  const last = useRef(inView);
  const frame = useRef(0);
  const current = useRef(arranged);

  const look = useCallback(() => {
    frame.current = 0;
    const { current: now } = current;
    if (!now || !pane.current) return;
    const seen = seenIn(flow.getViewport(), { width: pane.current.clientWidth, height: pane.current.clientHeight });
    const wanted = wantedIn(now, seen);
    const { ids: before, of } = last.current;
    const missing = wanted.filter((id) => !before.has(id));
    const isWhole = missing.length <= atOnce;
    if (missing.length > 0 || wanted.length !== before.size || of !== now) {
      const ids = new Set([...wanted.filter((id) => before.has(id)), ...missing.slice(0, atOnce)]);
      last.current = { ids, of: now, isWhole };
      setInView(last.current);
    }
    if (!isWhole) frame.current = requestAnimationFrame(look);
  }, [flow, pane]);
  const lookSoon = useCallback(() => {
    if (frame.current === 0) frame.current = requestAnimationFrame(look);
  }, [look]);

  useOnViewportChange({ onChange: lookSoon, onEnd: lookSoon });
  useEffect(() => {
    current.current = arranged;
    lookSoon();
  }, [arranged, lookSoon]);
  useEffect(() => {
    const observer = new ResizeObserver(lookSoon);
    if (pane.current) observer.observe(pane.current);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [pane, lookSoon]);
  return { ids: inView.ids, isWhole: inView.isWhole && inView.of === arranged };
}

/** By their distance from the middle of what is seen. */
function wantedIn({ tables, positions }: Arranged, seen: Rect): number[] {
  const found: { id: number; distance: number }[] = [];
  for (const id of tables.keys()) {
    const rect = rectOf(positions, tables, id);
    if (!rect) continue;
    const isSeen =
      rect.x < seen.x + seen.width &&
      rect.x + rect.width > seen.x &&
      rect.y < seen.y + seen.height &&
      rect.y + rect.height > seen.y;
    if (!isSeen) continue;
    const across = rect.x + rect.width / 2 - seen.x - seen.width / 2;
    const down = rect.y + rect.height / 2 - seen.y - seen.height / 2;
    found.push({ id, distance: across ** 2 + down ** 2 });
  }
  return found.sort((a, b) => a.distance - b.distance).map(({ id }) => id);
}
