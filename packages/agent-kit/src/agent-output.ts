import type { AgentOutputLine } from '@bigeye/contracts';
import type { SecretMasker } from './secret-masker.ts';

type Progress = Omit<Extract<AgentOutputLine, { type: 'progress' }>, 'type'>;
type Result = Omit<Extract<AgentOutputLine, { type: 'result' }>, 'type'>;
export type AgentWarning = { code: string; message: string };

const heartbeatMs = 4_000;
const progressMs = 250;
// The report lists every warning; the live output only needs enough of them to be noticed.
const liveWarnings = 200;

/**
 * The agent's standard output: one JSON object a line, at least one every 5 s while the agent works, the `result` last.
 * Progress of one phase is thinned out to 4 lines a second.
 */
export class AgentOutput {
  readonly warnings: AgentWarning[] = [];
  readonly #write: (text: string) => void;
  readonly #masker: SecretMasker;
  readonly #heartbeat: NodeJS.Timeout;
  #last: Progress = { phase: 'start', done: 0 };
  #writtenAtMs = 0;
  #over = false;

  constructor(write: (text: string) => void, masker: SecretMasker) {
    this.#write = write;
    this.#masker = masker;
    this.#heartbeat = setInterval(() => {
      if (Date.now() - this.#writtenAtMs >= heartbeatMs) this.#line({ type: 'progress', ...this.#last });
    }, 500);
    this.#heartbeat.unref();
  }

  progress(progress: Progress): void {
    const samePhase = progress.phase === this.#last.phase;
    this.#last = progress;
    if (samePhase && progress.done !== progress.total && Date.now() - this.#writtenAtMs < progressMs) return;
    this.#line({ type: 'progress', ...progress });
  }

  warning(warning: AgentWarning): void {
    const masked = { code: warning.code, message: this.#masker.mask(warning.message) };
    this.warnings.push(masked);
    if (this.warnings.length <= liveWarnings) this.#line({ type: 'warning', ...masked });
  }

  /** Writes the last line; everything after it is dropped. */
  result(result: Result): void {
    clearInterval(this.#heartbeat);
    this.#line({
      type: 'result',
      ...result,
      message: this.#masker.mask(result.message),
      ...(result.remedy === undefined ? {} : { remedy: this.#masker.mask(result.remedy) }),
    });
    this.#over = true;
  }

  #line(line: AgentOutputLine): void {
    if (this.#over) return;
    this.#writtenAtMs = Date.now();
    this.#write(`${JSON.stringify(line)}\n`);
  }
}
