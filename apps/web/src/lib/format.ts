const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const locale = 'en-GB';
const integer = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const clockWithSeconds = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const yearAndDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' });
const ahead = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

export const formatCount = (value: number): string => integer.format(value);

/** The two largest units: `0.2 s`, `14 s`, `4 m 12 s`, `2 h 5 m`, `3 d 4 h`. Below zero (clocks differ) counts as zero. */
export function formatDuration(ms: number): string {
  if (ms < 9950) return `${oneDigit.format(Math.max(0, ms) / second)} s`;
  const seconds = Math.round(ms / second);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, 'm', 's');
  if (ms < day - minute / 2) return twoUnits(Math.round(ms / minute), 60, 'h', 'm');
  return twoUnits(Math.round(ms / hour), 24, 'd', 'h');
}

function twoUnits(count: number, base: number, large: string, small: string): string {
  const rest = count % base;
  const whole = Math.floor(count / base);
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}

/** How long ago, in one unit within a day (`3 s ago`), then the day and time. */
export function formatAgo(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  if (ms < second) return 'just now';
  if (ms < minute) return `${Math.floor(ms / second)} s ago`;
  if (ms < hour) return `${Math.floor(ms / minute)} m ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  return at.getFullYear() === now.getFullYear() ? dayAndClock.format(at) : yearAndDay.format(at);
}

/** Since when, for a state that lasts: the time of today, or the day with it. */
export function formatSince(at: Date, now: Date): string {
  return now.getTime() - at.getTime() < day / 2 ? clock.format(at) : dayAndClock.format(at);
}

/** The time of today, to the second: `12:04:31`. */
export const formatClock = (at: Date): string => clockWithSeconds.format(at);

/** `in 6 days`, `in 5 hours`; what is past is `6 days ago`. */
export function formatAhead(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  if (Math.abs(ms) >= day) return ahead.format(Math.trunc(ms / day), 'day');
  if (Math.abs(ms) >= hour) return ahead.format(Math.trunc(ms / hour), 'hour');
  return ahead.format(Math.trunc(ms / minute), 'minute');
}

/** Date, time with seconds, and zone. */
export const formatExact = (at: Date): string => exact.format(at);

/** MiB, and GiB from 1 GiB on. */
export function formatBytes(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  if (mib < 1) return `${oneDigit.format(bytes / 1024)} KiB`;
  if (mib < 1024) return `${mib < 10 ? oneDigit.format(mib) : integer.format(Math.round(mib))} MiB`;
  const gib = mib / 1024;
  return `${gib < 10 ? oneDigit.format(gib) : integer.format(Math.round(gib))} GiB`;
}

/** The first 8 characters after the prefix: `run_01ab23cd45…` is `01ab23cd`. */
export const shortId = (id: string): string => (id.split('_')[1] ?? id).slice(0, 8);

/** `memoryMib` → `Memory mib`; words of a name in the code, for people. */
export function sentenceOf(name: string): string {
  const words = name.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  const lower = words.toLowerCase();
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
