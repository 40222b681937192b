import type { LayoutInput, Positions } from './layout.ts';

export interface LayoutEngine {
  /** Undefined when something newer was asked for meanwhile. Rejects when the worker does not start or fails. */
  layOut(input: LayoutInput): Promise<Positions | undefined>;
  close(): void;
}

interface Asked {
  input: LayoutInput;
  resolve: (positions: Positions | undefined) => void;
  reject: (error: Error) => void;
}

/** Served as a file of our own: the content policy lets no worker come from anywhere else. */
const startWorker = () => new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' });

/** Lays out in a worker, one after the other; of those that wait only the newest. The worker starts at once. */
export function createLayoutEngine(start: () => Worker = startWorker): LayoutEngine {
  let worker: Worker | undefined;
  let current: Asked | undefined;
  let next: Asked | undefined;

  const begin = () => {
    worker = start();
    worker.onmessage = ({ data }: MessageEvent<Positions>) => end((asked) => asked.resolve(data));
    worker.onerror = ({ message }) => {
      // The next one gets a new worker.
      close();
      end((asked) => asked.reject(new Error(`The layout failed: ${message || 'its worker does not start'}`)));
    };
    return worker;
  };
  const close = () => {
    worker?.terminate();
    worker = undefined;
  };
  const end = (settle: (asked: Asked) => void) => {
    const done = current;
    current = next;
    next = undefined;
    if (done) settle(done);
    if (current) (worker ?? begin()).postMessage(current.input);
  };
  begin();
  return {
    layOut: (input) =>
      new Promise((resolve, reject) => {
        const asked = { input, resolve, reject };
        if (current) {
          next?.resolve(undefined);
          next = asked;
        } else {
          current = asked;
          (worker ?? begin()).postMessage(input);
        }
      }),
    close,
  };
}
