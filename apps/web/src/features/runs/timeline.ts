import type { TimelineEvent, TimelineKind } from '@bigeye/contracts';

/** Where the time of a run went: from one station to the next, in milliseconds since 1970. `to` null: not over. */
export interface Stage {
  name: string;
  begins: TimelineKind;
  from: number;
  to: number | null;
}

/** Each station that begins a stage; `finished` ends the last. Named for what happens until the next. */
const stageNames: [TimelineKind, string][] = [
  ['queued', 'Queued'],
  ['accepted', 'Image'],
  ['image_ready', 'Container'],
  ['started', 'Running'],
  ['exited', 'Reported'],
];

export const stationWords: Record<TimelineKind, string> = {
  queued: 'Queued',
  offered: 'Offered to the host',
  accepted: 'Accepted by the host',
  waiting: 'Waits',
  resumed: 'Goes on',
  image_ready: 'Image ready',
  created: 'Container created',
  started: 'Container started',
  first_log: 'First log line',
  adopted: 'Adopted after a restart',
  cancel_requested: 'Cancel requested',
  exited: 'Container exited',
  log_complete: 'Log complete',
  reported: 'Outcome reported',
  finished: 'Finished',
  reported_late: 'Reported late',
  left_out: 'Left out',
};

/**
 * The stages of a run in order. A station that was never reached joins its stage to the one before; clocks that disagree
 * make a stage empty, never negative.
 */
export function stagesOf(events: TimelineEvent[]): Stage[] {
  const at = (kind: TimelineKind): number | undefined => {
    const event = events.find((one) => one.kind === kind);
    return event && Date.parse(event.at);
  };
  const reached = stageNames.flatMap(([kind, name]) => {
    const from = at(kind);
    return from === undefined ? [] : [{ kind, name, from }];
  });
  const end = at('finished');
  let floor = Number.NEGATIVE_INFINITY;
  return reached.map(({ kind, name, from }, index) => {
    const begin = Math.max(from, floor);
    const next = reached[index + 1]?.from ?? end;
    const to = next === undefined ? null : Math.max(next, begin);
    floor = to ?? begin;
    return { name, begins: kind, from: begin, to };
  });
}

/**
 * Part of the bar for each stage, out of 1. Shorter than a twentieth is drawn as that, so that every stage can be seen
 * and pointed at; the durations beside it are exact.
 */
export function sharesOf(stages: Stage[], now: number): number[] {
  const durations = stages.map(({ from, to }) => Math.max(0, (to ?? now) - from));
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  const drawn = durations.map((duration) => Math.max(0.05, total === 0 ? 1 : duration / total));
  const whole = drawn.reduce((sum, share) => sum + share, 0);
  return drawn.map((share) => share / whole);
}
