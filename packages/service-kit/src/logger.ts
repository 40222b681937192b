import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on standard output. A line is a fixed sentence with fields; secrets and payloads are not fields. */
export function createLogger(program: string, level = 'info'): Logger {
  return pino({
    name: program,
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [
      'authorization',
      '*.authorization',
      '*.password',
      '*.apiKey',
      '*.headers.authorization',
      '*.headers.cookie',
    ],
  });
}
