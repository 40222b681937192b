import { createHash } from 'node:crypto';
import { AppError, type HostId } from '@bigeye/contracts';
import { docker, dockerFailure } from './docker-cli.ts';
import type { RunSlot } from './run-slots.ts';

const labels = { host: 'com.bigeye.network.host', range: 'com.bigeye.network.range' };
const closed = { 'com.docker.network.bridge.enable_icc': 'false' };
/** A network needs four: its own address, the bridge, the run and the broadcast. Doubled, to have some to spare. */
const addressesEach = 8;

interface Network {
  Name: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string }[] | null };
}

/**
 * Makes the networks of the slots where they are missing: one each, because the engine tells everybody in a network the
 * names and addresses of all others in it, whatever else is closed. Throws RUN_NETWORK_FOREIGN.
 */
export async function ensureRunNetworks(hostId: HostId, slots: RunSlot[]): Promise<void> {
  const found = await inspectNetworks(slots.map(({ network }) => network));
  const foreign = found.find((network) => network.Labels?.[labels.host] !== hostId || !isClosed(network));
  if (foreign) throw new AppError('RUN_NETWORK_FOREIGN', { network: foreign.Name });
  const missing = slots.filter(({ network }) => found.every(({ Name }) => Name !== network));
  if (!missing[0]) return;
  const known = found.map(({ Labels }) => Labels?.[labels.range]).find(Boolean);
  const range = known ?? (await findFreeRange(missing[0].network));
  for (const slot of missing) await createNetwork(hostId, slot, range);
}

/** Removes the networks of this host that no container is in any more. */
export async function removeRunNetworks(hostId: HostId): Promise<void> {
  const list = await docker(['network', 'ls', '--quiet', '--filter', `label=${labels.host}=${hostId}`]);
  const ids = list.stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await docker(['network', 'rm', ...ids], { timeoutMs: 60_000 });
}

const isClosed = ({ Options }: Network) => Object.entries(closed).every(([name, value]) => Options?.[name] === value);

/** Those of them that are there. */
async function inspectNetworks(names: string[]): Promise<Network[]> {
  const { stdout } = await docker(['network', 'inspect', ...names]);
  return stdout.trim().startsWith('[') ? (JSON.parse(stdout) as Network[]) : [];
}

/**
 * The engine has about thirty networks to give, each much larger than a run needs. So all slots share one of them: what it
 * chooses for a network that is removed again.
 */
async function findFreeRange(name: string): Promise<string | undefined> {
  const reply = await docker(['network', 'create', name]);
  if (reply.exitCode !== 0) return undefined;
  const range = (await inspectNetworks([name]))[0]?.IPAM.Config?.[0]?.Subnet;
  await docker(['network', 'rm', name]);
  return range;
}

/** With the addresses of its part of the range; where another network has some of those, with what the engine chooses. */
async function createNetwork(hostId: HostId, { network, number }: RunSlot, range: string | undefined): Promise<void> {
  const hash = createHash('sha256').update(hostId).digest('hex').slice(0, 6);
  // Named so that one firewall rule can mean all of them: `bgy+`.
  const bridge = `bgy${hash}-${String(number).padStart(2, '0')}`;
  const options = Object.entries({ ...closed, 'com.docker.network.bridge.name': bridge });
  const args = ['network', 'create', '--label', `${labels.host}=${hostId}`];
  args.push(...options.flatMap(([name, value]) => ['--opt', `${name}=${value}`]));
  const subnet = range && partOf(range, number - 1);
  if (subnet) {
    const reply = await docker([...args, '--label', `${labels.range}=${range}`, '--subnet', subnet, network]);
    if (reply.exitCode === 0) return;
  }
  const reply = await docker([...args, network]);
  if (reply.exitCode !== 0 && !reply.stderr.includes('already exists')) throw dockerFailure(args, reply);
}

/** The part `index`, counted from 0, of an IPv4 subnet; undefined where it has no so many. */
export function partOf(subnet: string, index: number): string | undefined {
  const [, address = '', bits] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(subnet) ?? [];
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + index * addressesEach;
  if (bits === undefined || (index + 1) * addressesEach > 2 ** (32 - Number(bits))) return undefined;
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${parts.join('.')}/${32 - Math.log2(addressesEach)}`;
}
