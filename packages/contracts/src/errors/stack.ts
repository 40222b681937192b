import { because, mayWorkLater, needsAction } from './error-spec.ts';

/** Docker, and the services of a host's stack. */
export const stackErrors = {
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
} as const;
