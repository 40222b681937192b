import { because, needsAction } from './error-spec.ts';

/** Connections of a host to its sources. */
export const connectionErrors = {
  CONNECTION_EXISTS: needsAction(
    409,
    (d: { connector: string; connectionName: string }) =>
      `There is already a ${d.connector} connection named "${d.connectionName}".`,
    () => 'Choose another name with --name, or edit it in bigeye_agent.yml and run "bigeye-agent sync".',
  ),
  CONNECTION_CHECK_FAILED: needsAction(
    409,
    (d: { connector: string; reason: string }) => `The ${d.connector} connection does not work${because(d.reason)}.`,
    () => 'Correct the values, or pass --skip-validation to save it as it is.',
  ),
} as const;
