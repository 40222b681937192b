export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the graph stands behind its pane: its origin in pixels of the pane, and how large it is drawn. */
export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

/** Pixels kept free around what is moved into sight. */
const margin = 32;

/** The rectangle around all of at least one. */
export function boundsOf(rects: Rect[]): Rect {
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  const right = Math.max(...rects.map((rect) => rect.x + rect.width));
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Moves as little as brings `bounds` into the pane, at the same zoom; undefined when they are larger than the pane. */
export function panInto(
  viewport: Viewport,
  bounds: Rect,
  pane: { width: number; height: number },
): Viewport | undefined {
  const { zoom } = viewport;
  if (bounds.width * zoom + 2 * margin > pane.width || bounds.height * zoom + 2 * margin > pane.height)
    return undefined;
  const shift = (start: number, size: number, room: number) =>
    Math.max(0, margin - start) - Math.max(0, start + size + margin - room);
  return {
    zoom,
    x: viewport.x + shift(viewport.x + bounds.x * zoom, bounds.width * zoom, pane.width),
    y: viewport.y + shift(viewport.y + bounds.y * zoom, bounds.height * zoom, pane.height),
  };
}
