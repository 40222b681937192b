import { type AgentType, AppError, agentTypeNames, images } from '@bigeye/contracts';
import { isImagePresent, loadAgentFile, managedAgentsOf, pullImage } from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { isRegistered, pushManagedAgents } from '../host/push-managed-agents.ts';

interface InstallFlags {
  agent?: string;
  image?: string;
}

/** The types that this version can install. */
const installable = ['LINEAGE_PLUS'] as const satisfies AgentType[];

export const installCommand = new Command('install')
  .description('install an agent on this host and tell the control plane')
  .option('--agent <type>', `one of ${installable.join(', ')}`)
  .option('--image <reference>', 'another image than the one of this version')
  .option('--json', 'print the result as JSON')
  .action(async (flags: InstallFlags, command: Command) => install(contextOf(command), flags));

async function install({ home, terminal }: CommandContext, flags: InstallFlags): Promise<void> {
  const choices = installable.map((value) => ({ value, label: agentTypeNames[value] }));
  const agent = flags.agent ?? (await terminal.askChoice({ flag: '--agent', message: 'Agent to install' }, choices));
  if (!installable.some((known) => known === agent))
    throw new AppError('USAGE', { reason: `--agent: "${agent}" is none of ${installable.join(', ')}.` });
  const file = loadAgentFile(home);
  const image = flags.image ?? file.settings.agents.lineage_plus?.image ?? images.lineagePlus;
  await terminal.step(`image ${image}`, async () => {
    if (!(await isImagePresent(image))) await pullImage(image);
  });
  if (flags.image !== undefined) file.set(['agents', 'lineage_plus', 'image'], flags.image);
  else if (file.settings.agents.lineage_plus === undefined) file.set(['agents', 'lineage_plus'], {});
  file.save();
  const { settings } = file;
  if (isRegistered(settings))
    await terminal.step('managed agents pushed to the control plane', () => pushManagedAgents(home, settings));
  else terminal.warn('This machine is not registered yet; "bigeye-agent register" will tell the control plane.');
  const next = 'bigeye-agent add-connector -c postgres';
  terminal.result([`${agentTypeNames.LINEAGE_PLUS} is installed.`, `Next: ${next}`], {
    managedAgents: managedAgentsOf(settings),
    next,
  });
}
