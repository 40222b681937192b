import { AppError, escapedJson, visibleText } from '@bigeye/contracts';
import { cancel, confirm, isCancel, password, select, text } from '@clack/prompts';

interface Question {
  flag: string;
  message: string;
  placeholder?: string;
  optional?: boolean;
}

/** What a command says and asks. Progress goes to standard error, so that standard output is the data. */
export interface Terminal {
  /** False where nobody can be asked. */
  interactive: boolean;
  /** Announces a step when it is done; a failure is told by the error that follows. */
  step<T>(done: string, work: () => Promise<T>): Promise<T>;
  warn(message: string): void;
  /** A result for people, or with `--json` the same as data. */
  result(human: string[], data: unknown): void;
  /** Each of these throws USAGE, naming the flag, where nobody can answer. */
  askText(question: Question): Promise<string>;
  askSecret(question: Question): Promise<string>;
  askChoice<T extends string>(question: Question, choices: readonly { value: T; label: string }[]): Promise<T>;
  /** Only where `interactive`; Enter alone means no. */
  askYesNo(message: string): Promise<boolean>;
}

export function createTerminal({ json }: { json: boolean }): Terminal {
  const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const output = process.stderr;
  const say = (line: string) => process.stderr.write(`${visibleText(line)}\n`);
  const requireAnswer = ({ flag }: Question) => {
    if (!interactive) throw new AppError('USAGE', { reason: `${flag} is needed: nobody can be asked for it here.` });
  };
  return {
    interactive,
    step: async (done, work) => {
      if (interactive) process.stderr.write(`… ${visibleText(done)}`);
      const begun = Date.now();
      try {
        const value = await work();
        const seconds = (Date.now() - begun) / 1000;
        if (interactive) process.stderr.write('\r');
        say(`✓ ${done}${seconds >= 1 ? ` (${seconds.toFixed(1)} s)` : ''}`);
        return value;
      } catch (error) {
        if (interactive) process.stderr.write(`\r✗ ${visibleText(done)}\n`);
        throw error;
      }
    },
    warn: (message) => void say(`! ${message}`),
    result: (human, data) => {
      process.stdout.write(
        json
          ? `${escapedJson(JSON.stringify(data, null, 2))}\n`
          : human.map((line) => `${visibleText(line)}\n`).join(''),
      );
    },
    askText: async (question) => {
      requireAnswer(question);
      const { message, placeholder = '', optional = false } = question;
      const validate = (value: string | undefined) => (value || optional ? undefined : 'A value is needed.');
      return answered(await text({ message, placeholder, validate, defaultValue: '', output }));
    },
    askSecret: async (question) => {
      requireAnswer(question);
      return answered(await password({ message: question.message, output }));
    },
    askChoice: async (question, choices) => {
      requireAnswer(question);
      return answered(await select({ message: question.message, options: [...choices] as never, output })) as never;
    },
    askYesNo: async (message) => answered(await confirm({ message, initialValue: false, output })),
  };
}

function answered<T>(value: T): Exclude<T, symbol> {
  if (!isCancel(value)) return value as Exclude<T, symbol>;
  cancel('Nothing was changed.');
  throw new AppError('USAGE', { reason: 'The command was left at a question.' });
}
