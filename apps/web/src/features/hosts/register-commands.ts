import {
  addConnectorCommandOf,
  agentTypes,
  type ConnectorType,
  connectorTypes,
  type HostSetup,
  installableTypes,
  installCommandOf,
} from '@bigeye/contracts';

/** What is typed into the shell of the machine, for people to copy. */

/** A word of a shell. */
const word = (text: string): string => (/^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The address without the slash that URLs like to end with; undefined where it is none of a control plane. */
export function addressOf(typed: string): string | undefined {
  const url = URL.parse(typed.trim());
  return url && /^https?:$/.test(url.protocol) && url.username === '' ? url.href.replace(/\/+$/, '') : undefined;
}

export const folderCommand = (hostId: string): string => `mkdir -p ${hostId} && cd ${hostId}`;

/** The hash comes from this page, in an admin's browser: so the download is checked by it, whatever way it took. */
export const downloadCommand = (apiUrl: string, { path, sha256 }: NonNullable<HostSetup['cli']>): string =>
  `curl -fsSO ${word(`${apiUrl}${path}`)} && echo "${sha256}  bigeye-agent" | sha256sum -c && chmod +x bigeye-agent`;

/** Begins with a space, so that most shells do not keep it; in the environment the key is in no list of processes. */
export const registerCommand = (
  registrationKey: string,
  { hostId, apiUrl, caFingerprint }: { hostId: string; apiUrl: string; caFingerprint: string },
): string =>
  ` BIGEYE_REGISTRATION_KEY=${registrationKey} ./bigeye-agent register --host-id ${hostId} --api-url ${word(apiUrl)} --ca-fingerprint ${caFingerprint}`;

/** Copies `agent_config` from a registered machine to the new one, without the files that belong to the former alone. */
export const copyKeysCommand = (from: string): string =>
  `ssh ${from} 'tar -C ${from} --exclude=agent_config/hosts -c agent_config' | tar -x`;

export const imagesCommand = (images: string[], hostId: string): string =>
  `docker save ${images.join(' ')} | ssh ${hostId} docker load`;

const here = (command: string): string => `./${command}`;

/** One for each agent that this version can install. */
export const installCommands = installableTypes.map((type) => ({
  name: agentTypes[type].name,
  command: here(installCommandOf(type)),
}));

/** One for each connector, with what it asks for. */
export const connectorCommands = (Object.keys(connectorTypes) as ConnectorType[]).map((type) => ({
  name: connectorTypes[type].name,
  asksFor: connectorTypes[type].asksFor,
  command: here(addConnectorCommandOf(type)),
}));
