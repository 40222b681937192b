import { escapedJson } from '@bigeye/contracts';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on standard output, or where `destination` puts them. A line is a fixed sentence with fields; secrets and payloads are not fields. */
export function createLogger(program: string, level = 'info', destination?: DestinationStream): Logger {
  const options = {
    name: program,
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeFault },
    redact: [
      'authorization',
      '*.authorization',
      '*.password',
      '*.apiKey',
      '*.headers.authorization',
      '*.headers.cookie',
    ],
  };
  const out = destination ?? pino.destination(1);
  // A line is JSON, so an escape in it says the same as the character, and changes nothing on a terminal.
  return pino(options, { write: (line) => out.write(escapedJson(line)) });
}

/** Errors of databases carry the query with its values, and who knows what others carry. */
function describeFault(error: Error & { code?: unknown }): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, code: error.code };
}
