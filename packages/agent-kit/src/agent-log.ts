import type { SecretMasker } from './secret-masker.ts';

type Fields = Record<string, string | number | boolean | undefined>;

/** The log for people, on standard error: a fixed sentence with fields, known secrets masked. */
export interface AgentLog {
  info(fields: Fields, sentence: string): void;
  warn(fields: Fields, sentence: string): void;
  error(fields: Fields, sentence: string): void;
}

/** Creates the log of one agent process; `write` receives whole lines. */
export function createAgentLog(write: (text: string) => void, masker: SecretMasker): AgentLog {
  const line = (level: string) => (fields: Fields, sentence: string) => {
    const shown = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`);
    write(`${masker.mask(`${new Date().toISOString()} ${level} ${sentence}${shown.join('')}`)}\n`);
  };
  return { info: line('INFO '), warn: line('WARN '), error: line('ERROR') };
}
