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
export interface Pane {
  width: number;
  height: number;
}

/** Pixels kept free around what is moved into sight. */
const margin = 32;
/** Below this nobody can read a name. */
export const leastReadable = 0.5;
export const leastZoom = 0.08;
export const mostZoom = 1.6;

/** The rectangle around all of at least one. */
export function boundsOf(rects: Rect[]): Rect {
  let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const rect of rects) {
    x = Math.min(x, rect.x);
    y = Math.min(y, rect.y);
    right = Math.max(right, rect.x + rect.width);
    bottom = Math.max(bottom, rect.y + rect.height);
  }
  return { x, y, width: right - x, height: bottom - y };
}

/** Moves as little as brings `bounds` into the pane, at the same zoom; undefined when they are larger than the pane. */
export function panInto(viewport: Viewport, bounds: Rect, pane: Pane): Viewport | undefined {
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

/** What of the graph lies in the pane, and a little around it, so that it is there when it comes into sight. */
export function seenIn({ x, y, zoom }: Viewport, { width, height }: Pane, around = 0.1): Rect {
  return {
    x: (-x - around * width) / zoom,
    y: (-y - around * height) / zoom,
    width: (width * (1 + 2 * around)) / zoom,
    height: (height * (1 + 2 * around)) / zoom,
  };
}

/** The middle of `rect` in the middle of the pane. */
export const centredOn = (rect: Rect, pane: Pane, zoom: number): Viewport => ({
  x: pane.width / 2 - (rect.x + rect.width / 2) * zoom,
  y: pane.height / 2 - (rect.y + rect.height / 2) * zoom,
  zoom,
});

/** As large as lets all be seen. */
export function fitted(bounds: Rect, pane: Pane): Viewport {
  const zoom = Math.min(
    1,
    (pane.width - 2 * margin) / Math.max(1, bounds.width),
    (pane.height - 2 * margin) / Math.max(1, bounds.height),
  );
  return centredOn(bounds, pane, Math.max(leastZoom, zoom));
}

/** After the pane has changed its size: what was seen whole still is where it can be read, and the middle stays the middle. */
export function resized(viewport: Viewport, bounds: Rect, before: Pane, after: Pane): Viewport {
  const left = viewport.x + bounds.x * viewport.zoom;
  const top = viewport.y + bounds.y * viewport.zoom;
  const wasWhole =
    left >= 0 &&
    top >= 0 &&
    left + bounds.width * viewport.zoom <= before.width &&
    top + bounds.height * viewport.zoom <= before.height;
  const whole = fitted(bounds, after);
  if (wasWhole && whole.zoom >= leastReadable) return whole;
  const [x, y] = [(after.width - before.width) / 2, (after.height - before.height) / 2];
  return { x: viewport.x + x, y: viewport.y + y, zoom: viewport.zoom };
}

/** All of it where that can be read; else the root in the middle. */
export function beginning(bounds: Rect, root: Rect, pane: Pane): Viewport {
  const whole = fitted(bounds, pane);
  return whole.zoom >= leastReadable ? whole : centredOn(root, pane, pane.width < 700 ? 0.7 : 0.8);
}
