import { type ApiClient, AppError, type HostId } from '@bigeye/contracts';
import {
  accountKeyFingerprints,
  adoptNextAccountKey,
  loadAgentFile,
  ownAccountKeys,
  prepareNextAccountKey,
  registeredHost,
} from '@bigeye/host-kit';
import { keyFingerprint } from '@bigeye/service-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';
import { readPages } from '../../host/read-pages.ts';

interface RotateFlags extends AdminFlags {
  finish?: boolean;
  force?: boolean;
}

export const rotateCommand = withAdminFlags(new Command('rotate'))
  .description('replace the account key; the old one works beside it until --finish')
  .option('--finish', 'end the time in which both keys work')
  .option('--force', 'with --finish: also while hosts lack the new key')
  .option('--json', 'print the result as JSON')
  .action(async (flags: RotateFlags, command: Command) => rotate(contextOf(command), flags));

async function rotate(context: CommandContext, flags: RotateFlags): Promise<void> {
  const { settings } = loadAgentFile(context.home);
  const { hostId } = registeredHost(context.home, settings);
  const admin = await adminClient(context, flags);
  if (flags.finish) await finish(context, admin, flags.force === true);
  else await begin(context, admin, hostId);
}

/** Runs that are under way keep what they were sealed with; hosts keep the old private key for them. */
async function begin({ home, terminal }: CommandContext, admin: ApiClient, hostId: HostId): Promise<void> {
  ownAccountKeys(home);
  const before = accountKeyFingerprints(home)[0];
  const next = await terminal.step('next account key in agent_config/', () => prepareNextAccountKey(home));
  const registered = keyFingerprint((await admin.call('getAgentPublicKey')).publicKey);
  // A rotation that was cut off after the control plane had accepted the key is only completed here.
  if (registered !== keyFingerprint(next.publicKey)) {
    if (registered !== before) throw new AppError('ACCOUNT_KEY_MISMATCH', {});
    await terminal.step('accepted by the control plane', () => admin.call('putAgentPublicKey', { body: next }));
  }
  adoptNextAccountKey(home);
  const hosts = await readPages((page) => admin.call('listHosts', { query: { revoked: 'false', ...page } }));
  const others = hosts.items.map(({ id }) => id).filter((id) => id !== hostId);
  const copy = `Copy agent_private_key.pem, agent_private_key_previous.pem and agent_public_key.pem from ${home.agentConfig} to: ${others.join(', ')}; there, run bigeye-agent keys show`;
  const finishing = 'Then, on any host: bigeye-agent keys rotate --finish';
  const data = { accountKey: keyFingerprint(next.publicKey), previousAccountKey: before, otherHosts: others };
  terminal.result([`The account key is now ${data.accountKey}.`, ...(others.length ? [copy] : []), finishing], data);
}

async function finish({ terminal }: CommandContext, admin: ApiClient, force: boolean): Promise<void> {
  await admin.call('deletePreviousPublicKey', { query: { force: String(force) } as never });
  terminal.result(['Nothing is sealed for the old account key any more.'], { finished: true });
}
