import { createHash } from 'node:crypto';
import path from 'node:path';
import type { HostId } from '@bigeye/contracts';

/** Where everything of a host lives: the folder of `bigeye_agent.yml`. Nothing is written outside it. */
export interface HostHome {
  folder: string;
  agentFile: string;
  agentConfig: string;
  accountPrivateKey: string;
  accountPublicKey: string;
  /** The private key before the last rotation, for what was sealed before all hosts had the new one. */
  previousAccountPrivateKey: string;
  /** Made by a rotation that is under way; becomes the current one when the control plane has accepted it. */
  nextAccountPrivateKey: string;
  bigeyePublicKey: string;
  composeFile: string;
  guardPolicy: string;
  runs: string;
  journal: string;
}

/** The files of one host's identity, in `agent_config/hosts/<host id>/`. */
export interface HostFiles {
  folder: string;
  privateKey: string;
  certificate: string;
  caCertificate: string;
  guardRecord: string;
}

/** Absolute paths below `folder`, which may be relative to the working directory. */
export function hostHomeAt(folder: string): HostHome {
  const root = path.resolve(folder);
  const agentConfig = path.join(root, 'agent_config');
  return {
    folder: root,
    agentFile: path.join(root, 'bigeye_agent.yml'),
    agentConfig,
    accountPrivateKey: path.join(agentConfig, 'agent_private_key.pem'),
    accountPublicKey: path.join(agentConfig, 'agent_public_key.pem'),
    previousAccountPrivateKey: path.join(agentConfig, 'agent_private_key_previous.pem'),
    nextAccountPrivateKey: path.join(agentConfig, 'agent_private_key_next.pem'),
    bigeyePublicKey: path.join(agentConfig, 'bigeye_public_key.pem'),
    composeFile: path.join(root, 'docker-compose.bigeye.yml'),
    guardPolicy: path.join(root, 'guard_policy.json'),
    runs: path.join(root, 'runs'),
    journal: path.join(root, 'journal'),
  };
}

export function hostFilesOf(home: HostHome, hostId: HostId): HostFiles {
  const folder = path.join(home.agentConfig, 'hosts', shortName(hostId, 200));
  return {
    folder,
    privateKey: path.join(folder, 'host_key.pem'),
    certificate: path.join(folder, 'host_certificate.pem'),
    caCertificate: path.join(folder, 'ca_certificate.pem'),
    guardRecord: path.join(folder, 'guard.json'),
  };
}

/** The host id in the name of a thing of Docker's, in small letters. Two host ids never share a name. */
export function dockerNameOf(hostId: HostId, maxLength: number): string {
  const kept = hostId.toLowerCase().slice(0, maxLength);
  if (kept === hostId) return kept;
  return `${kept.slice(0, maxLength - 9)}-${createHash('sha256').update(hostId).digest('hex').slice(0, 8)}`;
}

/** `name` itself where it fits, else its beginning and a hash: a host id may be longer than a file name. */
export function shortName(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  return `${name.slice(0, maxLength - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}
