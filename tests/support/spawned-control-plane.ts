import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@bigeye/testkit';
import { root, temporalCli } from './test-stack.ts';

/** A control plane as its operator starts it: a process of its own, on loopback, with the umask that most machines have. */
export interface SpawnedControlPlane {
  apiUrl: string;
  /** host:port each. */
  gatewayAddress: string;
  hostApiAddress: string;
  pid: number;
  /** All that it said so far, on both outputs. */
  output(): string;
  /** What `/readyz` says; undefined where nobody answers. */
  readiness(): Promise<Record<string, unknown> | undefined>;
  /** Waits until it is ready or has ended. */
  settled(): Promise<void>;
  /** Waits until what it said holds `text`. */
  said(text: string): Promise<void>;
  /** Its exit code, or the signal that ended it. */
  readonly over: Promise<number | string>;
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface SpawnOptions {
  dataDir: string;
  settings?: Record<string, string>;
  /** Who it runs as, where we are root. */
  uid?: number;
  /** Of API, gateway, host API and embedded Temporal: for one that is started again where hosts know it. */
  ports?: number[];
}

const limitMs = 60_000;

export async function spawnControlPlane(options: SpawnOptions): Promise<SpawnedControlPlane> {
  const { dataDir, settings = {}, uid } = options;
  const [api, gateway, hostApi, temporal] = options.ports ?? (await freePorts(4));
  const bundle = join(root, 'dist/workflows.js');
  const env = {
    ...process.env,
    DATA_DIR: dataDir,
    TEMPORAL_CLI: temporalCli,
    TEMPORAL_PORT: String(temporal),
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
    // Where there is no API, health alone answers at its place.
    ...(/api|all/.test(settings.ROLES ?? 'all') ? {} : { HEALTH_LISTEN: `127.0.0.1:${api}` }),
    ...(existsSync(bundle) ? { WORKFLOW_BUNDLE: bundle } : {}),
    ...settings,
  };
  const command = `umask 022; exec "${process.execPath}" "${join(root, 'apps/control-plane/src/main.ts')}"`;
  const child: ChildProcess = spawn('/bin/sh', ['-c', command], {
    env,
    cwd: root,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => {
      output += data.toString();
    });
  let isOver = false;
  const over = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      isOver = true;
      resolve(code ?? signal ?? '');
    });
  });
  const apiUrl = `http://127.0.0.1:${api}`;
  const until = async (what: string, isTrue: () => boolean | Promise<boolean>) => {
    for (const deadline = Date.now() + limitMs; !(await isTrue()); await delay(20))
      if (Date.now() > deadline) throw new Error(`${what} did not come:\n${output}`);
  };
  const readiness = () =>
    fetch(`${apiUrl}/readyz`).then(
      async (reply) => (await reply.json()) as Record<string, unknown>,
      () => undefined,
    );
  return {
    apiUrl,
    gatewayAddress: env.GATEWAY_LISTEN,
    hostApiAddress: env.HOST_API_LISTEN,
    pid: child.pid ?? 0,
    output: () => output,
    readiness,
    settled: () => until('an end of its start', async () => isOver || (await readiness())?.status === 'ready'),
    said: (text) => until(`"${text}"`, () => isOver || output.includes(text)),
    over,
    end: async (signal = 'SIGTERM') => {
      if (!isOver) child.kill(signal);
      return await over;
    },
  };
}

/** Waits until there is no such process any more. */
export async function untilGone(pid: number): Promise<void> {
  for (const deadline = Date.now() + limitMs; isAlive(pid); await delay(20))
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
