import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { images } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { baseImage, type ControlPlaneProcess, docker } from '../support/control-plane-process.ts';
import { type RealHost, registerRealHost } from '../support/real-host.ts';

/** The entries of a run's journal, in their order: where a run can be made to stand still. */
export const boundaries = ['accepted', 'starting', 'started', 'stopping', 'exited', 'settled', 'reported'] as const;
export type Boundary = (typeof boundaries)[number];

type Service = 'bigeye-agent-orchestrator' | 'docker-socket-proxy';

/** A real host whose orchestrator can be made to stand still at an entry of the journal. */
export interface ChaosHost extends RealHost {
  /** From now on it stands still when it has written `step`. `only`: this container, not another of the same host. */
  haltAt(step: Boundary, only?: string): void;
  /** Waits until it does. `late`: what to say where it never comes there. */
  halted(step: Boundary): Promise<void>;
  isHalted(step: Boundary): boolean;
  /** Lets it go on, and everyone that comes to `step` later. */
  letGo(step: Boundary): void;
  /** The files that agents have left at their starts, as they appeared on the disk. */
  marks(): string[];
  pidOf(service: Service): number;
  /** Docker starts it again. */
  kill(service: Service): void;
  /** Recreates the orchestrator from this build. */
  useBuild(build: number): Promise<void>;
  compose(...args: string[]): Promise<void>;
  /** Recreates the orchestrator with a clock that `setClock` moves: `library` is libfaketime. */
  useFakeTime(library: string): Promise<void>;
  setClock(offset: string): void;
  useRealTime(): Promise<void>;
}

const execute = promisify(execFile);
export const chaosAgentImage = 'bigeyedata/chaos-agent:1';
const orchestratorImage = (build: number) => `agent-orchestrator-test/chaos-orchestrator:${build}`;

const fakeTimeAt = '/libfaketime.so.1';
const fakeTime = (clockFile: string) => ({
  LD_PRELOAD: fakeTimeAt,
  FAKETIME_TIMESTAMP_FILE: clockFile,
  // Looked at at each call, not every ten seconds.
  FAKETIME_NO_CACHE: '1',
  // A clock that is set moves what tells the time of day, and nothing that measures how long something takes.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
});

export const buildChaosAgent = () => build(chaosAgentImage, 'agent', { BASE_IMAGE: baseImage() });

/** The agent, and two builds of the orchestrator that can halt. */
export function buildChaosImages(): void {
  buildChaosAgent();
  for (const number of [1, 2])
    build(orchestratorImage(number), 'halting-orchestrator', {
      ORCHESTRATOR: images.orchestrator,
      BUILD: String(number),
    });
}

function build(tag: string, folder: string, given: Record<string, string>): void {
  const flags = Object.entries(given).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  docker('build', '--quiet', ...flags, '--tag', tag, join(import.meta.dirname, folder));
}

export async function startChaosHost(
  controlPlane: ControlPlaneProcess,
  hostId: string,
  keysFrom?: RealHost,
): Promise<ChaosHost> {
  const real = await registerRealHost(controlPlane, hostId, chaosAgentImage, keysFrom);
  const journal = join(real.home, 'journal');
  const composeFile = join(real.home, 'docker-compose.bigeye.yml');
  const file = (name: string) => join(journal, name);
  const compose = async (...args: string[]) =>
    void (await execute('docker', ['compose', '--progress', 'quiet', '-f', composeFile, ...args]));
  /** As an upgrade does: the old container is asked to end, and waited for. */
  const change = async (edit: (service: YAMLMap) => void) => {
    const document = parseDocument(readFileSync(composeFile, 'utf8'));
    edit(document.getIn(['services', 'bigeye-agent-orchestrator']) as YAMLMap);
    writeFileSync(composeFile, document.toString({ lineWidth: 0 }));
    await compose('up', '--detach', '--no-deps', 'bigeye-agent-orchestrator');
  };
  const marks = new Set<string>();
  const runs = join(real.home, 'runs');
  const watchers = readdirSync(runs).flatMap((name) =>
    name.endsWith('-out') ? [watch(join(runs, name), (_, made) => made?.startsWith('start-') && marks.add(made))] : [],
  );
  const host: ChaosHost = {
    ...real,
    marks: () => [...marks],
    [Symbol.asyncDispose]: async () => {
      for (const watcher of watchers) watcher.close();
      await real[Symbol.asyncDispose]();
    },
    compose,
    haltAt: (step, only = '') => {
      rmSync(file(`halted-${step}`), { force: true });
      writeFileSync(file(`halt-${step}`), only, { mode: 0o644 });
    },
    halted: async (step) => {
      const late = () => `${hostId} never came to "${step}"`;
      await until(() => host.isHalted(step), { timeoutMs: 90_000, late });
    },
    isHalted: (step) => existsSync(file(`halted-${step}`)),
    letGo: (step) => {
      rmSync(file(`halt-${step}`), { force: true });
      rmSync(file(`halted-${step}`), { force: true });
    },
    pidOf: (service) => Number(docker('inspect', '-f', '{{.State.Pid}}', real.containerOf(service))),
    kill: (service) => void process.kill(host.pidOf(service), 'SIGKILL'),
    useBuild: (number) => change((service) => service.set('image', orchestratorImage(number))),
    useFakeTime: async (library) => {
      host.setClock('+0');
      await change((service) => {
        for (const [name, value] of Object.entries(fakeTime(file('clock'))))
          service.setIn(['environment', name], value);
        service.addIn(['volumes'], { type: 'bind', source: library, target: fakeTimeAt, read_only: true });
      });
    },
    setClock: (offset) => writeFileSync(file('clock'), offset, { mode: 0o644 }),
    useRealTime: () =>
      change((service) => {
        for (const name of Object.keys(fakeTime(''))) service.deleteIn(['environment', name]);
        const volumes = service.get('volumes') as YAMLSeq<YAMLMap>;
        volumes.items = volumes.items.filter((volume) => volume.get('target') !== fakeTimeAt);
      }),
  };
  await host.useBuild(1);
  return host;
}
