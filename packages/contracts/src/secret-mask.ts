/** What stands where a secret was. */
const maskText = '******';

export interface Span {
  start: number;
  end: number;
}

/** Hides known secret values, and whatever stands where a text names a secret. */
export interface SecretMask {
  /** What stands where something is hidden. */
  instead: string;
  mask(text: string): string;
  /** What `mask` hides: in order, none within another. */
  find(text: string): Span[];
}

/** No form of a value that is looked for is longer, and no value by its place: more than this at once shows all. */
export const maskReach = 2_048;

/**
 * By value, for values that are long and rare enough to be secrets. Others would blot out ordinary words, and tell a reader who
 * knows those what the secret is. By place (`password=…`, `//user:…@`) for every value.
 */
export function createSecretMask(secrets: string[]): SecretMask {
  const patterns = [valuePattern(secrets), ...placePatterns].filter((pattern) => pattern !== undefined);
  const find = (text: string) => merged(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(spanOf)));
  return { instead: maskText, find, mask: (text) => maskSpans(text, find(text), maskText) };
}

export function maskSpans(text: string, spans: Span[], instead: string): string {
  let masked = '';
  let from = 0;
  for (const { start, end } of spans) {
    masked += text.slice(from, start) + instead;
    from = end;
  }
  return masked + text.slice(from);
}

/** What is hidden of a match: without what says that a secret follows. */
function spanOf(match: RegExpExecArray): Span {
  const start = match.index + (match.groups?.before?.length ?? 0);
  return { start, end: match.index + match[0].length };
}

function merged(spans: Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

const names =
  'pass(?:word|wd|phrase)|pgpassword|mysql_pwd|pwd|api[-_]?key|access[-_]?key|client[-_]?secret|secret[-_]?key';
/** Every repetition is bounded: a log line is whatever an agent prints. */
const placePatterns = [
  // Connection strings: ://user:password@host
  /(?<before>:\/\/[^\s:@/"'<>\\]{0,256}:)[^\s/"'<>\\]{1,1024}(?=@)/g,
  // "password": "…" as in JSON, also as JSON within a text of JSON
  new RegExp(
    String.raw`(?<before>(?<quote>\\?["'])(?:${names})\k<quote>\s{0,4}:\s{0,4}\k<quote>)(?:(?!\k<quote>).){1,1024}`,
    'gi',
  ),
  // password=…, PGPASSWORD=…, postgres.password.1=…, password: …
  new RegExp(
    String.raw`(?<before>(?<![a-z])(?:${names})(?:\.\d{1,4})?\s{0,4}[=:]\s{0,4})(?:"[^"]{1,1024}"|'[^']{1,1024}'|(?!(?:yes|no)\))[^\s,;&"'<>(){}[\]\\]{1,1024})`,
    'gi',
  ),
  /(?<before>\bauthorization["']?\s{0,4}[=:]\s{0,4}["']?(?:(?:apikey|bearer|basic|token)\s{1,4})?)[^\s,;"']{1,1024}/gi,
];

/** A value that looks like nothing else: found wherever it is, for example behind a flag without a space. */
const rareBits = 60;
const leastLength = 6;
const leastBits = 40;

function valuePattern(secrets: string[]): RegExp | undefined {
  // A key of many lines is printed line by line.
  const values = new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/)).filter(isMaskable));
  const forms = new Set([...values].flatMap(formsOf));
  // The longest first, in case one is the beginning of another.
  const ordered = [...forms].sort((a, b) => b.length - a.length).map(patternOf);
  return ordered.length > 0 ? new RegExp(ordered.join('|'), 'gu') : undefined;
}

function isMaskable(value: string): boolean {
  const isMixed = classesOf(value).length > 1 || value.length >= 16;
  return value.length >= leastLength && isMixed && bitsOf(value) >= leastBits;
}

const classes: [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/\d/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [/[^ -~]/, 100],
];
const classesOf = (value: string) => classes.filter(([pattern]) => pattern.test(value));

/** How hard the value is to guess for somebody who knows its length and kinds of characters; repetition counts little. */
function bitsOf(value: string): number {
  const alphabet = classesOf(value).reduce((sum, [, size]) => sum + size, 0);
  return Math.min(value.length, 3 * new Set(value).size) * Math.log2(Math.max(2, alphabet));
}

/** The value as it is, in JSON, in a URL and in a form; in parts where it is longer than a look at once. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\uFFFD'));
  const forms = [value, JSON.stringify(value).slice(1, -1), encoded, encoded.replaceAll('%20', '+')];
  return forms.flatMap((form) => (form.length <= maskReach ? [form] : (form.match(/.{512,1024}/gsu) ?? [])));
}

const word = String.raw`[\p{L}\p{N}_]`;

function patternOf(form: string): string {
  const characters = Array.from(form, (character) => {
    const escaped = /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
    // The engine cuts long lines between bytes, and what was one character is two that nobody can read.
    return character > '\u007f' ? `(?:${escaped}|\uFFFD{1,4})` : escaped;
  });
  const pattern = characters.join('');
  if (bitsOf(form) >= rareBits) return pattern;
  // Not within a longer word, nor in the name of a host.
  const isWord = new RegExp(`^${word}$`, 'u');
  const before = isWord.test(form.slice(0, 1)) ? `(?<!${word})(?<!${word}[-.])` : '';
  const after = isWord.test(form.slice(-1)) ? `(?!${word})(?![-.]${word})` : '';
  return `${before}${pattern}${after}`;
}
