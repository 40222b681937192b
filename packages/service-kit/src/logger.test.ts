import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

test('a line of the log changes nothing on a terminal and still says what it was given', () => {
  let line = '';
  const log = createLogger('test', 'info', { write: (text) => (line += text) });
  const name = 'job\u202Etxt.exe\u001b[2J\u009b\u2028';
  log.info({ name }, 'named');
  expect(line).not.toMatch(/[\p{Bidi_Control}\u0080-\u009f\u2028]|\p{Cc}(?!$)/u);
  expect(JSON.parse(line)).toMatchObject({ name, msg: 'named' });
});
