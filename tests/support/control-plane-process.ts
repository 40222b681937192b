import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient, isActive, type Run, type RunId } from '@bigeye/contracts';
import { createHttpTransport } from '@bigeye/service-kit';
import { freePorts, until } from '@bigeye/testkit';
import { root, temporalCli } from './test-stack.ts';

/** A control plane as a process of its own, on the Docker bridge, so that real hosts reach it and tests can kill it. */
export interface ControlPlaneProcess extends AsyncDisposable {
  /** As containers reach it, and this machine too. */
  apiUrl: string;
  ports: { api: number; gateway: number; hostApi: number; temporal: number };
  bridge: string;
  adminKey: string;
  admin: ApiClient;
  /** SIGKILL: nothing gets a chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM, and waits until it has ended in order. */
  stop(): Promise<void>;
  /** From the build that ran before, unless told. */
  start(build?: Build): Promise<void>;
  build(): Build;
  isDown(): boolean;
  pid(): number;
  temporalPid(): number;
  finished(runId: RunId, timeoutMs?: number): Promise<Run>;
  log(): string;
}

/** The sources, or what an image holds of them. */
type Build = 'sources' | 'bundle';
const programs = { sources: 'apps/control-plane/src/main.ts', bundle: 'dist/control-plane/main.mjs' };

export async function startControlPlaneProcess(settings: Record<string, string> = {}): Promise<ControlPlaneProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const bridge = docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}');
  const [api = 0, gateway = 0, hostApi = 0, temporal = 0] = await freePorts(4);
  const apiUrl = `http://${bridge}:${api}`;
  let child: ChildProcess | undefined;
  let output = '';
  let running: Build = 'sources';

  const start = async (build = running) => {
    running = build;
    const env = {
      ...process.env,
      DATA_DIR: dataDir,
      API_LISTEN: `${bridge}:${api}`,
      GATEWAY_LISTEN: `${bridge}:${gateway}`,
      HOST_API_LISTEN: `${bridge}:${hostApi}`,
      TEMPORAL_PORT: String(temporal),
      TEMPORAL_CLI: temporalCli,
      WORKFLOW_BUNDLE: join(root, 'dist/workflows.js'),
      WEB_ROOT: join(root, 'apps/web/dist'),
      ...settings,
    };
    const started = spawn(process.execPath, [join(root, programs[build])], { env });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    const late = () => `control plane did not start:\n${output}`;
    await until(async () => started.exitCode !== null || (await isReady(apiUrl)), { timeoutMs: 60_000, late });
    if (started.exitCode !== null) throw new Error(late());
  };
  await start();
  const firstAdmin = readFileSync(join(dataDir, 'first-admin.txt'), 'utf8');
  const adminKey = /bigeye_pak_[a-z0-9]+/.exec(firstAdmin)?.[0] ?? '';
  const authorization = `apikey ${adminKey}`;
  const admin = createApiClient({ baseUrl: apiUrl, transport: createHttpTransport(), authorization });
  return {
    apiUrl,
    ports: { api, gateway, hostApi, temporal },
    bridge,
    adminKey,
    admin,
    start,
    stop: () => end(child, 'SIGTERM'),
    build: () => running,
    log: () => output,
    isDown: () => child === undefined || child.exitCode !== null || child.signalCode !== null,
    pid: () => child?.pid ?? 0,
    temporalPid: () => Number(readFileSync(join(dataDir, 'temporal.pid'), 'utf8')),
    kill: () => end(child, 'SIGKILL'),
    finished: (runId, timeoutMs = 90_000) => finished(admin, runId, timeoutMs),
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Polls until the run is over; the control plane may be away meanwhile. */
async function finished(admin: ApiClient, runId: RunId, timeoutMs: number): Promise<Run> {
  let run: Run | undefined;
  const ended = async () => {
    run = await admin.call('getRun', { params: { runId } }).catch(() => undefined);
    return run && !isActive(run.status) && run;
  };
  return await until(ended, { timeoutMs, late: () => `run is ${run?.status ?? 'not readable'} after ${timeoutMs} ms` });
}

async function isReady(apiUrl: string): Promise<boolean> {
  return await fetch(`${apiUrl}/readyz`).then(
    (reply) => reply.ok,
    () => false,
  );
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await over;
}

/** Runs the Docker CLI and gives its trimmed output. */
export function docker(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** What images are built on, as script/base-image has it. */
export const baseImage = (): string => readFileSync(join(root, '.tools/base-image'), 'utf8').trim();

/** Images come from script/build.ts, which script/test runs first. */
export function requireBuilt(): void {
  for (const made of ['dist/bigeye-agent', 'dist/workflows.js'])
    if (!existsSync(join(root, made))) throw new Error(`${made} is missing: run "node script/build.ts" first`);
}
