import { agentExitCodes } from '@bigeye/contracts';
import { AgentFailure } from './agent-failure.ts';
import { type AgentLog, createAgentLog } from './agent-log.ts';
import { AgentOutput } from './agent-output.ts';
import { AgentReport } from './agent-report.ts';
import { SecretMasker } from './secret-masker.ts';

/** What a program gets to work with. `signal` aborts on SIGTERM and SIGINT: flush and return, 10 s are left. */
export interface AgentContext {
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  readonly output: AgentOutput;
  readonly log: AgentLog;
  readonly masker: SecretMasker;
  readonly report: AgentReport;
}

/** How a program ended that did not fail: `partial` when some objects failed and the rest was delivered. */
export interface AgentOutcome {
  readonly outcome: 'succeeded' | 'partial';
  readonly message: string;
  readonly remedy?: string;
  readonly counts: Readonly<Record<string, number>>;
}

export interface AgentProgram {
  readonly name: string;
  readonly version: string;
  run(context: AgentContext): Promise<AgentOutcome>;
}

export interface AgentProcess {
  readonly args: readonly string[];
  writeOutput(text: string): void;
  writeLog(text: string): void;
  onSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): void;
}

// Docker kills 10 s after the signal by default; the result line must be out before.
const flushMs = 9_000;
const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs a program to its result line and report. @returns the exit code; never throws */
export async function runAgent(program: AgentProgram, process: AgentProcess): Promise<number> {
  const masker = new SecretMasker();
  const output = new AgentOutput(process.writeOutput, masker);
  const log = createAgentLog(process.writeLog, masker);
  const report = new AgentReport(program, masker);
  const abort = new AbortController();
  const { promise: flushDeadline, resolve: passDeadline } = Promise.withResolvers<void>();
  let stoppedBy: 'SIGTERM' | 'SIGINT' | undefined;
  process.onSignal((signal) => {
    if (stoppedBy !== undefined) return;
    stoppedBy = signal;
    log.warn({ signal }, 'stopping');
    abort.abort(new Error(`Stopped by ${signal}.`));
    setTimeout(passDeadline, flushMs).unref();
  });

  const context = { args: process.args, signal: abort.signal, output, log, masker, report };
  const work = Promise.resolve()
    .then(() => program.run(context))
    .then(succeeded, (error: unknown) => failed(error, abort.signal.aborted ? undefined : log));
  const end = (await Promise.race([work, flushDeadline])) ?? failed(new Error('The flush took too long.'), log);
  const result =
    stoppedBy === undefined
      ? end
      : {
          ...end,
          outcome: 'failed' as const,
          exitCode: signalExitCodes[stoppedBy],
          message: `Stopped by ${stoppedBy}.`,
          remedy: 'Start the run again.',
        };

  await report
    .write({ ...result, warnings: output.warnings })
    .catch((error: unknown) => log.error({ error: String(error) }, 'the report could not be written'));
  log.info({ exitCode: result.exitCode, remedy: result.remedy }, result.message);
  output.result(result);
  return result.exitCode;
}

/** The `main` of an agent image: binds the program to this process, and exits once its last line is written. */
export async function agentMain(program: AgentProgram): Promise<never> {
  const exitCode = await runAgent(program, {
    args: process.argv.slice(2),
    writeOutput: (text) => process.stdout.write(text),
    writeLog: (text) => process.stderr.write(text),
    onSignal: (listener) => {
      process.on('SIGTERM', () => listener('SIGTERM'));
      process.on('SIGINT', () => listener('SIGINT'));
    },
  });
  // Pipes are asynchronous: without the callbacks the result line could be lost on exit.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  process.exit(exitCode);
}

function succeeded(outcome: AgentOutcome) {
  const exitCode: number = outcome.outcome === 'partial' ? agentExitCodes.partial : agentExitCodes.succeeded;
  return { ...outcome, counts: { ...outcome.counts }, exitCode };
}

/** @param log where the stack of an unexpected error goes; none when the program was told to stop */
function failed(error: unknown, log: AgentLog | undefined) {
  const isExpected = error instanceof AgentFailure;
  if (!isExpected)
    log?.error({ stack: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'error');
  const message = error instanceof Error ? error.message : String(error);
  const exitCode: number = isExpected ? error.exitCode : agentExitCodes.internalError;
  return {
    outcome: 'failed' as const,
    exitCode,
    message: isExpected ? message : `Internal error: ${message}`,
    remedy: isExpected ? error.remedy : 'Report this with the log of the run.',
    counts: {},
  };
}
