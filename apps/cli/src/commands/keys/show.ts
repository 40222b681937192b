import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '@bigeye/contracts';
import {
  accountKeyFingerprints,
  loadAgentFile,
  loadHostIdentity,
  ownAccountKeys,
  registeredHost,
} from '@bigeye/host-kit';
import { certificateFingerprint, keyFingerprint } from '@bigeye/service-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../../command-context.ts';
import { ownHostClient } from '../../host/own-host-client.ts';

export const showCommand = new Command('show')
  .description('fingerprints of keys and certificates, compared with what the control plane has')
  .option('--json', 'print the result as JSON')
  .action(async (_flags: object, command: Command) => show(contextOf(command)));

/** Throws KEYS_DIFFER when the two sides do not hold the same. */
async function show({ home, terminal }: CommandContext): Promise<void> {
  const { settings } = loadAgentFile(home);
  const { hostId } = registeredHost(home, settings);
  ownAccountKeys(home);
  const identity = loadHostIdentity(home, hostId);
  const [accountKey = null, previousAccountKey = null] = accountKeyFingerprints(home);
  const here = {
    hostId,
    certificate: certificateFingerprint(identity.certificate),
    certificateExpiresAt: new X509Certificate(identity.certificate).validToDate.toISOString(),
    caCertificate: certificateFingerprint(identity.caCertificate),
    accountKey,
    previousAccountKey,
    bigeyeKey: keyFingerprint(readFileSync(home.bigeyePublicKey, 'utf8')),
  };
  // The answer itself proves the CA: nobody else has a server certificate by it.
  using client = ownHostClient(home, settings);
  const there = await client.call('getOwnHost');
  const held = [accountKey, previousAccountKey];
  const problems = [
    ...(held.includes(there.accountKey) ? [] : [`the account key there is ${there.accountKey ?? 'missing'}`]),
    ...(here.bigeyeKey === there.bigeyeKey ? [] : [`the control plane's key is ${there.bigeyeKey}`]),
  ];
  const rotation = there.previousAccountKey === null ? null : describeRotation(there.accountKey === accountKey);
  terminal.result(
    [
      `host                  ${hostId}`,
      `certificate           ${here.certificate}, until ${here.certificateExpiresAt.slice(0, 10)}, renews itself`,
      `CA of control plane   ${here.caCertificate}`,
      `account key           ${accountKey ?? 'none'}`,
      ...(previousAccountKey ? [`account key before    ${previousAccountKey}`] : []),
      `control plane's key   ${here.bigeyeKey}`,
      ...(rotation ? [rotation] : []),
      ...(problems.length === 0 ? ['The control plane holds the same.'] : []),
    ],
    { ...here, controlPlane: there, rotation, problems },
  );
  if (problems.length > 0) throw new AppError('KEYS_DIFFER', { problems });
}

const describeRotation = (isHere: boolean): string =>
  isHere
    ? 'A rotation of the account key is under way; when all hosts have it: bigeye-agent keys rotate --finish'
    : 'A rotation of the account key is under way, and the new key is not here yet: copy agent_config/ from the host where it was made.';
