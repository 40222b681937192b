import { agentExitCodes } from '@bigeye/contracts';

/** An exit code of the agents' contract; 130 and 143 are given by the main wrapper alone. */
export type AgentExitCode = (typeof agentExitCodes)[keyof typeof agentExitCodes];

/** An end of a run that its user can act on: what happened in one line, what to do next, and the exit code that says so. */
export class AgentFailure extends Error {
  override readonly name = 'AgentFailure';
  readonly exitCode: AgentExitCode;
  readonly remedy: string;
  /** Which of the agent's own failures this is, where it tells them apart. */
  readonly code: string | undefined;

  constructor(
    exit: keyof typeof agentExitCodes,
    message: string,
    remedy: string,
    options?: { cause?: unknown; code?: string },
  ) {
    super(message, options);
    this.exitCode = agentExitCodes[exit];
    this.remedy = remedy;
    this.code = options?.code;
  }
}
