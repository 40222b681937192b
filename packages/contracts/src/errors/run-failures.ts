import { because, mayWorkLater, needsAction } from './error-spec.ts';
import { connectionAdvice, installAdvice } from './host-advice.ts';

/** How a run can fail. They stand in `run.failure` and never in a response status of their own. */
export const runFailures = {
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
  RUN_END_UNKNOWN: mayWorkLater(
    409,
    () => 'The run is over, and how it ended is not recorded, as after the database was restored from a backup.',
    () => 'Look at what it was to do, and start it again where that is not done.',
  ),
  NO_FREE_SLOT: mayWorkLater(
    409,
    (d: { hostId: string; slots: number }) => `All ${d.slots} slots of host "${d.hostId}" are taken by other runs.`,
    (d) => `Let jobs of ${d.hostId} run at other times or on another host, or raise their start timeout.`,
  ),
  HOST_DRAINED: mayWorkLater(
    409,
    (d: { hostId: string; since: string; by: string; note: string }) =>
      `Host "${d.hostId}" starts nothing new: drained since ${d.since} by ${d.by}${because(d.note)}.`,
    (d) => `Start it again when "bigeye-agent hosts resume ${d.hostId}" was done, or let the job run on another host.`,
  ),
  ENGINE_AWAY: mayWorkLater(
    409,
    (d: { hostId: string; reason: string }) =>
      `The Docker engine of host "${d.hostId}" does not answer${because(d.reason)}.`,
    (d) => `On ${d.hostId}, run "docker info" and "bigeye-agent compose status".`,
  ),
  HOST_DISK_FULL: mayWorkLater(
    409,
    (d: { hostId: string; place: string; freeMib?: number; neededMib?: number }) =>
      d.freeMib === undefined
        ? `On host "${d.hostId}" there is no space left for ${d.place}.`
        : `On host "${d.hostId}" the disk of ${d.place} has ${d.freeMib} MiB free, and a run is started with ${d.neededMib} MiB or more.`,
    (d) =>
      `On ${d.hostId}, run "df -h" and "docker system df", and make room. How much a run needs is orchestrator.min_free_disk_mib in bigeye_agent.yml.`,
  ),
  HOST_FOLDER_DENIED: mayWorkLater(
    409,
    (d: { hostId: string; place: string; reason: string }) =>
      `On host "${d.hostId}" the orchestrator may not write ${d.place}${because(d.reason)}.`,
    (d) => `On ${d.hostId}, run "bigeye-agent sync", which gives the folders to the stack's user again.`,
  ),
  HOST_REBOOTED: mayWorkLater(
    409,
    (d: { hostId: string; exitCode: number }) =>
      `Host "${d.hostId}" was restarted while the agent ran, which ended it (exit code ${d.exitCode}).`,
    () => 'Start the run again. Before a planned restart, drain the host or run "bigeye-agent compose down".',
  ),
  AGENT_KILLED: mayWorkLater(
    409,
    (d: { signal: string; exitCode: number }) =>
      `The agent was ended by ${d.signal} (exit code ${d.exitCode}), neither from the control plane nor by a limit of its run.`,
    () =>
      'On the host, look who did: a restart of the Docker engine, "docker stop", or the kernel where the machine has no ' +
      'memory left ("journalctl -u docker", "dmesg"). Then start the run again.',
  ),
  IMAGE_NOT_FOUND: needsAction(
    409,
    (d: { image: string; reason: string }) => `The registry has no image ${d.image}${because(d.reason)}.`,
    () =>
      'Correct the image of the agent in bigeye_agent.yml on the host, run "bigeye-agent sync" and start the run again.',
  ),
  IMAGE_PULL_DENIED: needsAction(
    409,
    (d: { image: string; reason: string }) =>
      `The registry does not give this host the image ${d.image}${because(d.reason)}.`,
    (d) =>
      `On the host, run "docker login" for that registry and "docker pull ${d.image}": an image that is there is not ` +
      'pulled. Where that says the same, its name is wrong.',
  ),
  REGISTRY_UNREACHABLE: mayWorkLater(
    409,
    (d: { image: string; reason: string }) =>
      `The registry of the image ${d.image} does not answer${because(d.reason)}.`,
    (d) => `On the host, try "docker pull ${d.image}"; behind a proxy, set it in the Docker daemon.`,
  ),
  IMAGE_PULL_FAILED: mayWorkLater(
    409,
    (d: { image: string; reason: string }) => `The image ${d.image} could not be pulled${because(d.reason)}.`,
    (d) => `On the host, run "docker pull ${d.image}" and look at what it says.`,
  ),
  AGENT_NOT_INSTALLED: needsAction(
    409,
    (d: { agentType: string; hostId: string }) => `${d.agentType} is not installed on host "${d.hostId}".`,
    (d) => installAdvice(d.agentType, d.hostId),
  ),
  CONNECTION_NOT_FOUND: needsAction(
    409,
    (d: { connector: string; connectionName: string; hostId: string }) =>
      `Host "${d.hostId}" has no ${d.connector} connection${d.connectionName ? ` named "${d.connectionName}"` : ''}.`,
    (d) => connectionAdvice(d.connector, d.hostId),
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
