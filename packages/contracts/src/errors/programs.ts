import { type ErrorSpec, needsAction, wrongUsage } from './error-spec.ts';

/** What a program of ours says of its settings and its command line, and the last resort of all. */
export const programErrors = {
  INTERNAL: {
    status: 500,
    retryable: false,
    exitCode: 1,
    message: (_: object) => 'Something went wrong that this version does not know.',
    remedy: () => 'Try again; if it stays, report it with the request id and the log of the process.',
  } satisfies ErrorSpec<object>,
  CONFIG_INVALID: needsAction(
    400,
    (d: { program: string; problems: string[] }) => `${d.program} cannot start: ${d.problems?.join('; ')}.`,
    () => 'Correct the named settings and start it again.',
  ),
  DATA_DIR_UNSAFE: needsAction(
    400,
    (d: { path: string; reason: string; command: string }) =>
      `The control plane keeps its keys and data to itself, and ${d.path} ${d.reason}.`,
    (d) => `See that nothing in it is somebody else's, then: ${d.command}`,
  ),
  USAGE: wrongUsage(
    400,
    (d: { reason: string }) => d.reason,
    () => 'Run the command with --help.',
  ),
} as const;
