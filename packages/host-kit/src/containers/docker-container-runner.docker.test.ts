import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostId, JobId, RunId, RunLimits } from '@bigeye/contracts';
import { createFakeContainerRunner, type FakeContainer } from '@bigeye/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerRunner, ContainerSpec } from './container-runner.ts';
import { createDockerContainerRunner } from './docker-container-runner.ts';
import type { ReadLine } from './log-frames.ts';

const image = 'bigeyedata/runner-contract:test';
const hostId = HostId.parse(`contract-${randomBytes(4).toString('hex')}`);
const user = { uid: 10001, gid: 10001 };
const docker = (args: string[], input?: Buffer) =>
  execFileSync('docker', args, { input, stdio: ['pipe', 'pipe', 'pipe'] });

/** What the containers do: for the real engine a shell command, for the fake one a function. */
const programs = {
  talk: [['sh', '-c', 'echo one; sleep 0.05; echo two >&2; sleep 0.05; printf three; exit 3'], talk],
  wait: [['sh', '-c', 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done'], obey],
  defy: [['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 1; done'], (c: FakeContainer) => c.print('up')],
  long: [['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo'], (c: FakeContainer) => long(c, 40_000)],
  longer: [['sh', '-c', 'head -c 70000 /dev/zero | tr "\\0" x; echo'], (c: FakeContainer) => long(c, 70_000)],
  // 48 MiB in a file of memory, a loop for as long as it may run, and three processes: the engine's init, the shell, sleep.
  take: [
    ['sh', '-c', 'head -c 50331648 /dev/zero > /tmp/held; sleep 60 & while :; do :; done'],
    (c: FakeContainer) => {
      c.usage = { memoryBytes: 50 * 1024 ** 2, cpuSeconds: 2.2, processes: 3 };
    },
  ],
} satisfies Record<string, [string[], (container: FakeContainer) => void]>;

async function talk(container: FakeContainer) {
  container.print('one');
  container.print('two', 'stderr');
  container.print('three');
  container.exit(3);
}
function obey(container: FakeContainer) {
  container.onTerminate = () => container.exit(9);
  container.print('up');
}
function long(container: FakeContainer, length: number) {
  container.print('x'.repeat(length));
  container.exit(0);
}

/** A shell and a few commands of this machine with the libraries that they need: no registry has to answer. */
const copyCommands = `set -e
mkdir -p bin in out tmp && chmod 1777 tmp
for command in sh sleep head tr touch; do
  file=$(readlink -f "$(command -v $command)")
  cp "$file" bin/$command
  ldd "$file" | grep -oE '/[^ ]+' | while read -r library; do
    mkdir -p ".$(dirname "$library")"
    cp -L "$library" ".$library"
  done
done`;

beforeAll(() => {
  const root = mkdtempSync(path.join(tmpdir(), 'contract-image-'));
  execFileSync('sh', ['-c', copyCommands], { cwd: root });
  const tree = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 256 * 1024 * 1024 });
  docker(['import', '-c', 'ENV PATH=/bin', '-', image], tree);
});
afterAll(() => {
  const left = docker(['ps', '-aq', '--filter', `label=com.bigeye.run.host=${hostId}`])
    .toString()
    .trim();
  if (left) docker(['rm', '-f', ...left.split('\n')]);
  docker(['rmi', image]);
});

const engines: [string, () => ContainerRunner][] = [
  ['the real engine', () => createDockerContainerRunner('unix:///var/run/docker.sock')],
  [
    'the fake engine',
    () => {
      const byCommand = Object.values(programs).map(([command, program]) => [command.join(' '), program]);
      return createFakeContainerRunner({ images: [image], programs: Object.fromEntries(byCommand) });
    },
  ],
];

describe.each(engines)('%s', (engine, createRunner) => {
  const runner = createRunner();

  function specOf(program: keyof typeof programs, changed: Partial<ContainerSpec> = {}): ContainerSpec {
    const id = randomBytes(10).toString('hex');
    const folder = mkdtempSync(path.join(tmpdir(), 'contract-'));
    chmodSync(folder, 0o777);
    return {
      name: `bigeye-run-${id}`,
      runId: RunId.parse(`run_${id}`),
      jobId: JobId.parse(`job_${id}`),
      hostId,
      attempt: 1,
      image,
      command: programs[program][0],
      user,
      limits: RunLimits.parse({}),
      network: 'none',
      inFolder: folder,
      outFolder: folder,
      ...changed,
    };
  }
  async function running(program: keyof typeof programs): Promise<string> {
    const spec = specOf(program);
    await runner.create(spec);
    await runner.start(spec.name);
    return spec.name;
  }
  async function readAll(name: string, request: Partial<Parameters<ContainerRunner['readLog']>[1]> = {}) {
    const lines: ReadLine[] = [];
    for await (const line of runner.readLog(name, { follow: true, ...request })) lines.push(line);
    return lines;
  }
  const ended = async (name: string) => {
    await runner.waitForEnd(name, AbortSignal.timeout(20_000));
    const found = await runner.findContainer(name);
    if (found?.state.phase !== 'exited') throw new Error(`state is ${found?.state.phase}`);
    return found.state;
  };

  test('what a container takes is what it really takes, and nothing is told of one that does not run', async () => {
    const name = await running('take');
    const usage = async () => {
      const seen = await runner.readUsage(name);
      if (typeof seen === 'string') throw new Error(seen);
      return seen;
    };
    await expect.poll(async () => (await usage()).cpuSeconds, { timeout: 60_000 }).toBeGreaterThan(2);
    const found = await runner.findContainer(name);
    const { memoryBytes, cpuSeconds, processes } = await usage();
    expect(memoryBytes / 1024 ** 2).toBeGreaterThan(48);
    expect(memoryBytes / 1024 ** 2).toBeLessThan(56);
    expect(processes).toBe(3);
    // One busy loop cannot have used more CPU than time has gone by.
    if (found?.state.phase !== 'running') throw new Error('it runs');
    if (engine === 'the real engine')
      expect(cpuSeconds).toBeLessThan((Date.now() - Date.parse(found.state.startedAt)) / 1000 + 0.2);
    await runner.remove(name);
    expect(await runner.readUsage(name)).toBe('not running');
    const over = await running('talk');
    await ended(over);
    expect(await runner.readUsage(over)).toBe('not running');
  });

  test('a container goes from created to running to exited, with its label, exit code and times', async () => {
    const spec = specOf('talk');
    expect(await runner.create(spec)).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await runner.findContainer(spec.name)).toMatchObject({ runId: spec.runId, state: { phase: 'created' } });
    await runner.start(spec.name);
    const state = await ended(spec.name);
    expect(state).toMatchObject({ exitCode: 3, outOfMemory: false });
    expect(Date.parse(state.finishedAt)).toBeGreaterThanOrEqual(Date.parse(state.startedAt));
    expect(await runner.listContainers(hostId)).toContainEqual({ name: spec.name, runId: spec.runId });
    expect(await runner.listContainers(HostId.parse('another'))).toEqual([]);
    await runner.remove(spec.name);
    expect(await runner.findContainer(spec.name)).toBeUndefined();
  });

  test('a name can be had once, and an image that is not there is told apart', async () => {
    const spec = specOf('wait');
    await runner.create(spec);
    expect(await runner.create({ ...spec, runId: specOf('wait').runId })).toBe('taken');
    expect(await runner.create(specOf('wait', { image: 'bigeyedata/not-there:test' }))).toBe('no image');
    await runner.remove(spec.name);
  });

  test('starting what runs, stopping what ended, and doing either to what is gone', async () => {
    const name = await running('wait');
    await runner.start(name);
    await runner.stop(name, { graceMs: 5_000 });
    await runner.stop(name, { graceMs: 5_000 });
    await runner.remove(name);
    await runner.remove(name);
    await runner.stop(name, { graceMs: 0 });
    await runner.waitForEnd(name, AbortSignal.timeout(5_000));
  });

  test('the log has both streams in order, with times that grow, and an end without a line end', async () => {
    const name = await running('talk');
    const followed = await readAll(name);
    await ended(name);
    const lines = await readAll(name, { follow: false });
    expect(followed.length).toBeGreaterThan(0);
    expect(followed).toEqual(lines.slice(0, followed.length));
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'one'],
      ['stderr', 'two'],
      ['stdout', 'three'],
    ]);
    expect([...lines].sort((a, b) => (a.at < b.at ? -1 : 1))).toEqual(lines);
    expect(await readAll(name, { since: lines[1]?.at })).toEqual(lines.slice(1));
    expect(await readAll(name, { tail: 1, follow: false })).toEqual(lines.slice(2));
    await runner.remove(name);
  });

  test('a long line comes whole', async () => {
    const name = await running('long');
    expect((await readAll(name)).map(({ text }) => text.length)).toEqual([40_000]);
    await runner.remove(name);
  });

  test('a line longer than lines may be comes in pieces that say so', async () => {
    const name = await running('longer');
    await ended(name);
    const pieces = await readAll(name);
    expect(pieces.map(({ text }) => text.length)).toEqual([65_536, 70_000 - 65_536]);
    expect(pieces.map(({ goesOn }) => goesOn)).toEqual([true, undefined]);
    await runner.remove(name);
  });

  test('what is not there cannot be started or read, and is no container', async () => {
    const { name } = specOf('wait');
    expect(await runner.findContainer(name)).toBeUndefined();
    await expect(runner.start(name)).rejects.toMatchObject({ code: 'CONTAINER_START_FAILED' });
    await expect(readAll(name)).rejects.toThrow('No such container');
  });

  test('one that is removed while it runs is gone for whoever waits for it', async () => {
    const name = await running('wait');
    const waiting = runner.waitForEnd(name, AbortSignal.timeout(20_000));
    await runner.remove(name);
    await waiting;
    expect(await runner.findContainer(name)).toBeUndefined();
  });

  test('following goes on while the container runs and ends when told to', async () => {
    const name = await running('wait');
    const leaving = new AbortController();
    const texts: string[] = [];
    const following = (async () => {
      for await (const line of runner.readLog(name, { follow: true, signal: leaving.signal })) {
        texts.push(line.text);
        leaving.abort(new Error('seen enough'));
      }
    })();
    await expect(following).rejects.toThrow('seen enough');
    expect(texts).toEqual(['up']);
    await runner.remove(name);
  });

  test('a wait that is called off returns, and the container goes on', async () => {
    const name = await running('wait');
    await runner.waitForEnd(name, AbortSignal.timeout(50));
    expect((await runner.findContainer(name))?.state.phase).toBe('running');
    await runner.remove(name);
  });

  test('stopping gives the program its grace, and kills the one that ignores it', async () => {
    const [obedient, defiant] = await Promise.all([running('wait'), running('defy')]);
    for (const name of [obedient, defiant]) await expect.poll(() => readAll(name, { follow: false })).toHaveLength(1);
    await Promise.all([obedient, defiant].map((name) => runner.stop(name, { graceMs: 1_000 })));
    expect((await ended(obedient)).exitCode).toBe(9);
    expect((await ended(defiant)).exitCode).toBe(137);
    await Promise.all([obedient, defiant].map((name) => runner.remove(name)));
  });

  test('an image that cannot be pulled fails with the reason', async () => {
    const pulling = runner.pullImage('bigeyedata/not-there:test');
    await expect(pulling).rejects.toMatchObject({
      code: expect.stringMatching(/^(IMAGE_|REGISTRY_)/),
      details: { image: 'bigeyedata/not-there:test', reason: expect.stringMatching(/./) },
    });
  });
});

/** A registry, as the engine asks it, that answers each request so. */
const registries: [string, number, string, string][] = [
  ['has no such image', 404, 'MANIFEST_UNKNOWN', 'IMAGE_NOT_FOUND'],
  ['has no such repository', 404, 'NAME_UNKNOWN', 'IMAGE_NOT_FOUND'],
  ['wants to know who asks', 401, 'UNAUTHORIZED', 'IMAGE_PULL_DENIED'],
  ['does not let this one', 403, 'DENIED', 'IMAGE_PULL_DENIED'],
  ['is asked too often', 429, 'TOOMANYREQUESTS', 'REGISTRY_UNREACHABLE'],
  ['is down', 503, 'UNAVAILABLE', 'REGISTRY_UNREACHABLE'],
];

test.each(registries)('by the engine, of a registry that %s: HTTP %d, %s → %s', async (_, status, code, expected) => {
  const server = createServer((request, response) => {
    // The engine asks first whether anybody speaks its protocol here.
    const isGreeting = request.url === '/v2/';
    response.writeHead(isGreeting ? 200 : status, { 'Content-Type': 'application/json' });
    response.end(
      isGreeting ? '{}' : JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace('_', ' ') }] }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const image = `127.0.0.1:${(server.address() as AddressInfo).port}/agent:1`;
    const engine = createDockerContainerRunner('unix:///var/run/docker.sock');
    await expect(engine.pullImage(image)).rejects.toMatchObject({ code: expected });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('of a registry that nobody is', async () => {
  const engine = createDockerContainerRunner('unix:///var/run/docker.sock');
  await expect(engine.pullImage('127.0.0.1:9/agent:1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});

test('inside the container, /in can only be read, /out takes files, and the user is the given one', async () => {
  const runner = createDockerContainerRunner('unix:///var/run/docker.sock');
  const [inFolder, outFolder] = [1, 2].map(() => mkdtempSync(path.join(tmpdir(), 'contract-')));
  if (!inFolder || !outFolder) throw new Error('no folders');
  writeFileSync(path.join(inFolder, 'run.json'), '{}');
  for (const folder of [inFolder, outFolder]) chmodSync(folder, 0o777);
  const id = randomBytes(10).toString('hex');
  const name = `bigeye-run-${id}`;
  const script =
    'touch /out/made; touch /in/x || echo in is closed; touch /x || echo root is closed; touch /tmp/t && echo tmp is open';
  await runner.create({
    name,
    runId: RunId.parse(`run_${id}`),
    jobId: JobId.parse(`job_${id}`),
    hostId,
    attempt: 1,
    image,
    user,
    command: ['sh', '-c', script],
    limits: RunLimits.parse({}),
    network: 'none',
    inFolder,
    outFolder,
  });
  await runner.start(name);
  await runner.waitForEnd(name, AbortSignal.timeout(20_000));
  const said = [];
  for await (const { stream, text } of runner.readLog(name, { follow: false }))
    if (stream === 'stdout') said.push(text);
  expect(said).toEqual(['in is closed', 'root is closed', 'tmp is open']);
  expect(readdirSync(outFolder)).toEqual(['made']);
  await runner.remove(name);
});
