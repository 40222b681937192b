import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@bigeye/contracts';
import { type Document, isMap, parseDocument } from 'yaml';
import { AgentSettings } from './agent-settings.ts';
import type { HostHome } from './host-home.ts';
import type { RegisteredHost } from './registered-host.ts';
import { stackUser } from './stack-user.ts';
import { writeFileAtomically } from './write-file.ts';

export type SettingPath = readonly (string | number)[];

/** `bigeye_agent.yml`: the operator's file. Comments, order and unknown keys survive every change made through it. */
export interface AgentFile {
  readonly settings: AgentSettings;
  /** Sets one value, making the maps above it; one that is the same already is left untouched. */
  set(at: SettingPath, value: unknown): void;
  /** Appends to a list, making it where there is none. */
  append(at: SettingPath, value: unknown): void;
  /** Takes one value away. */
  remove(at: SettingPath): void;
  /** Writes the file (0600) in one step; does nothing when nothing changed. */
  save(): void;
}

const heading = ` Bigeye agent: settings of this machine. Holds secrets, so keep its mode 0600.
 After a change by hand, run "bigeye-agent sync".`;

/** A file that is not there yet is an empty one. Throws HOST_CONFIG_INVALID with every fault. */
export function loadAgentFile(home: HostHome): AgentFile {
  const file = home.agentFile;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const document = parseDocument(text);
  const faults = document.errors.map((error) => error.message.split('\n')[0] ?? error.code);
  if (faults.length > 0) throw new AppError('HOST_CONFIG_INVALID', { file, problems: faults });
  if (!text) document.commentBefore = heading;
  let changed = false;
  return {
    get settings() {
      return parseSettings(document, file);
    },
    set: (at, value) => {
      if (sameValue(document, at, value)) return;
      makeMaps(document, at.slice(0, -1));
      document.setIn(at, document.createNode(value));
      changed = true;
    },
    append: (at, value) => {
      makeMaps(document, at.slice(0, -1));
      if (document.getIn(at) == null) document.setIn(at, document.createNode([]));
      document.addIn(at, document.createNode(value));
      changed = true;
    },
    remove: (at) => {
      if (document.deleteIn(at)) changed = true;
    },
    save: () => {
      if (!changed) return;
      writeFileAtomically(file, document.toString({ lineWidth: 0 }), { mode: 0o600, owner: stackUser() });
      changed = false;
    },
  };
}

/** Throws HOST_NOT_REGISTERED where `register` has not completed. */
export function registeredHost(home: HostHome, settings: AgentSettings): RegisteredHost {
  const { host_id: hostId, gateway_address: gatewayAddress, host_api_url: hostApiUrl } = settings.orchestrator;
  const { api_url: apiUrl, agent_api_key: agentApiKey } = settings.bigeye;
  if (!hostId || !gatewayAddress || !hostApiUrl || !apiUrl || !agentApiKey)
    throw new AppError('HOST_NOT_REGISTERED', { file: home.agentFile });
  return { hostId, apiUrl, agentApiKey, gatewayAddress, hostApiUrl };
}

/** The extra CA of `bigeye.ca_file`, relative to the file that names it. */
export function loadCaCertificate(home: HostHome, caFile: string | undefined): string | undefined {
  if (!caFile) return undefined;
  try {
    return readFileSync(path.resolve(home.folder, caFile), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('HOST_CONFIG_INVALID', { file: home.agentFile, problems: [`bigeye.ca_file: ${reason}`] });
  }
}

function parseSettings(document: Document, file: string): AgentSettings {
  const parsed = AgentSettings.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new AppError('HOST_CONFIG_INVALID', { file, problems });
}

function sameValue(document: Document, at: SettingPath, value: unknown): boolean {
  const known = at.reduce<unknown>(
    (node, key) => (node as Record<string | number, unknown> | null | undefined)?.[key],
    document.toJS(),
  );
  return known !== undefined && JSON.stringify(known) === JSON.stringify(value);
}

/** `key:` without a value is null, in which nothing can be set. */
function makeMaps(document: Document, at: SettingPath): void {
  if (!isMap(document.contents)) document.contents = document.createNode({}) as unknown as typeof document.contents;
  for (let depth = 1; depth <= at.length; depth++) {
    const prefix = at.slice(0, depth);
    if (document.getIn(prefix) == null) document.setIn(prefix, document.createNode({}));
    const map = document.getIn(prefix);
    // An empty map can only be written as {}; what is put into it is easier to read on lines of its own.
    if (isMap(map) && map.items.length === 0) map.flow = false;
  }
}
