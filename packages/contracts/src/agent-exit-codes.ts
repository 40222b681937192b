/** Exit codes of every agent image. A signal (130, 143) means stopped after an orderly flush. */
export const agentExitCodes = {
  succeeded: 0,
  internalError: 1,
  usage: 2,
  credentialsRefused: 3,
  sourceUnreachable: 4,
  partial: 5,
  targetRefused: 6,
  timeLimit: 7,
  sourceFailed: 8,
} as const;
