import { useNow } from '../lib/clock.ts';
import { formatAgo, formatDuration, formatExact } from '../lib/format.ts';

/** Relative, with the exact time and zone on hover and for machines. */
export function Ago({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time className="numbers nowrap" dateTime={at} title={formatExact(date)}>
      {formatAgo(date, useNow())}
    </time>
  );
}

/** From one time to another, or to now while there is no end. */
export function Duration({ from, to }: { from: string; to: string | null }) {
  return to ? formatDuration(Date.parse(to) - Date.parse(from)) : <Elapsed from={from} />;
}

/** In whole seconds: a running number with tenths is restless. */
export function Elapsed({ from }: { from: string }) {
  const ms = useNow().getTime() - Date.parse(from);
  return <>{ms < 10_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : formatDuration(ms)}</>;
}
