import { AppError, agentTypes, nextAfterInstall } from '@bigeye/contracts';
import {
  findInstallableAgent,
  installableAgents,
  isImagePresent,
  loadAgentFile,
  managedAgentsOf,
  pullImage,
} from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { isRegistered, pushManagedAgents } from '../host/push-managed-agents.ts';

interface InstallFlags {
  agent?: string;
  image?: string;
}

const installable = installableAgents().map(({ type }) => type);

export const installCommand = new Command('install')
  .description('install an agent on this host and tell the control plane')
  .option('--agent <type>', `one of ${installable.join(', ')}`)
  .option('--image <reference>', 'another image than the one of this version')
  .option('--json', 'print the result as JSON')
  .action(async (flags: InstallFlags, command: Command) => install(contextOf(command), flags));

async function install({ home, terminal }: CommandContext, flags: InstallFlags): Promise<void> {
  const choices = installable.map((value) => ({ value, label: agentTypes[value].name }));
  const asked = flags.agent ?? (await terminal.askChoice({ flag: '--agent', message: 'Agent to install' }, choices));
  const found = findInstallableAgent(asked);
  if (!found) throw new AppError('USAGE', { reason: `--agent: "${asked}" ${whyNot(asked)}` });
  const { type, agent } = found;
  const file = loadAgentFile(home);
  const section = file.settings.agents[agent.key];
  const image = flags.image ?? section?.image ?? found.image;
  await terminal.step(`image ${image}`, async () => {
    if (!(await isImagePresent(image))) await pullImage(image);
  });
  if (flags.image !== undefined) file.set(['agents', agent.key, 'image'], flags.image);
  else if (section === undefined) file.set(['agents', agent.key], {});
  file.save();
  const { settings } = file;
  if (isRegistered(settings))
    await terminal.step('managed agents pushed to the control plane', () => pushManagedAgents(home, settings));
  else terminal.warn('This machine is not registered yet; "bigeye-agent register" will tell the control plane.');
  const next = nextAfterInstall(type);
  terminal.result([`${agentTypes[type].name} is installed.`, `Next: ${next}`], {
    managedAgents: managedAgentsOf(settings),
    next,
  });
}

/** A documented type that this version knows and cannot install, or a word that is no type at all. */
function whyNot(type: string): string {
  const descriptors: Record<string, { name: string; kind: string }> = agentTypes;
  const known = descriptors[type];
  const choices = installable.join(', ');
  if (!known) return `is none of ${choices}.`;
  if (known.kind === 'persistent') return `(${known.name}) runs without the orchestrator; to install here: ${choices}.`;
  return `(${known.name}) has no image in this version; to install here: ${choices}.`;
}
