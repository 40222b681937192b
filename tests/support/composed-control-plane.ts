import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@bigeye/testkit';
import { docker } from './control-plane-process.ts';
import { deployImages } from './deploy-images.ts';
import type { Foundation } from './foundation.ts';
import { createClients, root } from './test-stack.ts';

const execute = promisify(execFile);

/** deploy/compose.yaml, started as its README says, in a copy of that folder. */
export interface ComposedControlPlane extends Foundation {
  folder: string;
  ports: { api: number; gateway: number; hostApi: number };
  compose(...args: string[]): Promise<string>;
  /** Runs a program of deploy/. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Waits until all services are as they should be. */
  up(): Promise<void>;
  /** Adds lines to `.env`. */
  set(settings: Record<string, string>): void;
}

export async function startComposedControlPlane(): Promise<ComposedControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  cpSync(join(root, 'deploy'), folder, { recursive: true });
  for (const own of ['.env', 'secrets', 'tls', 'control-plane.env'])
    rmSync(join(folder, own), { recursive: true, force: true });
  const [api = 0, gateway = 0, hostApi = 0] = await freePorts(3);
  const images = deployImages();
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const { COMPOSE_FILE: _file, COMPOSE_PROJECT_NAME: _name, ...env } = process.env;
    try {
      return (await execute(program, args, { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 })).stdout;
    } catch (cause) {
      const { stdout, stderr } = cause as { stdout?: string; stderr?: string };
      throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
    }
  };
  const compose = (...args: string[]) => run('docker', 'compose', '--progress', 'quiet', ...args);
  let env = '';
  const set = (settings: Record<string, string>) => {
    env += Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
    writeFileSync(join(folder, '.env'), env);
  };
  const composed = {
    folder,
    ports: { api, gateway, hostApi },
    compose,
    run: (program: string, ...args: string[]) => run(join(folder, program), ...args),
    set,
    up: async () => {
      try {
        await compose('up', '--detach', '--wait', '--wait-timeout', '180');
      } catch (cause) {
        throw new Error(
          `${(cause as Error).message}\n${await compose('ps', '--all')}\n${await compose('logs', '--tail', '30')}`,
          {
            cause,
          },
        );
      }
    },
    restart: async () => {
      await compose('restart', 'control-plane');
      await composed.up();
    },
    [Symbol.asyncDispose]: async () => {
      await compose('down', '--volumes', '--timeout', '10');
      for (const image of new Set(Object.values(images).filter((tag) => tag.startsWith('agent-orchestrator-test/'))))
        docker('image', 'rm', image);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await composed.run('make-secrets');
    const apiUrl = `http://127.0.0.1:${api}`;
    const hostApiUrl = `https://127.0.0.1:${hostApi}`;
    const gatewayAddress = `127.0.0.1:${gateway}`;
    set({
      ...images,
      COMPOSE_PROJECT_NAME: `deploy-test-${process.pid}`,
      PUBLIC_URL: apiUrl,
      GATEWAY_ADDRESS: gatewayAddress,
      HOST_API_URL: hostApiUrl,
      ADMIN_EMAIL: 'admin@example.com',
      API_PUBLISH: `127.0.0.1:${api}`,
      GATEWAY_PUBLISH: `127.0.0.1:${gateway}`,
      HOST_API_PUBLISH: `127.0.0.1:${hostApi}`,
    });
    await composed.up();
    await compose('cp', 'control-plane:/data/first-admin.txt', '.');
    const firstAdmin = readFileSync(join(folder, 'first-admin.txt'), 'utf8');
    const adminKey = /bigeye_pak_\w+/.exec(firstAdmin)?.[0] ?? '';
    const clients = createClients({ apiUrl, hostApiUrl }, adminKey);
    const dispose = composed[Symbol.asyncDispose];
    return {
      ...composed,
      stack: {
        apiUrl,
        hostApiUrl,
        gatewayAddress,
        temporalAddress: '',
        temporalNamespace: 'agents',
        dataDir: folder,
        adminKey,
        adminPasswordToken: /#(\S+)/.exec(firstAdmin)?.[1] ?? '',
        ...clients,
        [Symbol.asyncDispose]: async () => undefined,
      },
      [Symbol.asyncDispose]: async () => {
        clients[Symbol.dispose]();
        await dispose();
      },
    };
  } catch (error) {
    await composed[Symbol.asyncDispose]();
    throw error;
  }
}
