import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentOutputLine, agentExitCodes } from '@bigeye/contracts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AgentFailure } from './agent-failure.ts';
import { type AgentContext, type AgentOutcome, runAgent } from './agent-main.ts';

const done: AgentOutcome = { outcome: 'succeeded', message: 'All done.', counts: { views: 3 } };

/** Runs a program as a process would; `stop` is the operator's signal. */
function start(run: (context: AgentContext) => Promise<AgentOutcome>) {
  const lines: string[] = [];
  const log: string[] = [];
  let stop: (signal: 'SIGTERM' | 'SIGINT') => void = () => undefined;
  const exit = runAgent(
    { name: 'test-agent', version: '1.2.3', run },
    {
      args: ['run'],
      writeOutput: (text) => lines.push(text),
      writeLog: (text) => log.push(text),
      onSignal: (listener) => {
        stop = listener;
      },
    },
  );
  const output = () => lines.map((line) => AgentOutputLine.parse(JSON.parse(line)));
  return { exit, output, log, stop: (signal: 'SIGTERM' | 'SIGINT') => stop(signal) };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the end of a run', () => {
  test('success is exit code 0, and the result is the last line', async () => {
    const agent = start(async ({ output }) => {
      output.progress({ phase: 'resolve', done: 1, total: 3, unit: 'views' });
      return done;
    });
    expect(await agent.exit).toBe(0);
    expect(agent.output()).toEqual([
      { type: 'progress', phase: 'resolve', done: 1, total: 3, unit: 'views' },
      { type: 'result', outcome: 'succeeded', exitCode: 0, message: 'All done.', counts: { views: 3 } },
    ]);
  });

  test('a partial outcome is exit code 5', async () => {
    expect(await start(async () => ({ ...done, outcome: 'partial' })).exit).toBe(5);
  });

  test.each(Object.entries(agentExitCodes).filter(([, code]) => code !== 0))(
    'an expected failure %s keeps its exit code %i, its cause and its next step',
    async (exit, code) => {
      const agent = start(async () => {
        throw new AgentFailure(exit as keyof typeof agentExitCodes, 'It broke.', 'Mend it.');
      });
      expect(await agent.exit).toBe(code);
      expect(agent.output().at(-1)).toMatchObject({ outcome: 'failed', message: 'It broke.', remedy: 'Mend it.' });
    },
  );

  test('an unexpected error is exit code 1 with its stack in the log', async () => {
    const agent = start(async () => {
      throw new TypeError('x is undefined');
    });
    expect(await agent.exit).toBe(1);
    expect(agent.output().at(-1)).toMatchObject({ message: 'Internal error: x is undefined' });
    expect(agent.log.join('')).toContain('agent-main.test.ts');
  });
});

describe('signals', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s lets the program flush, then ends with %i', async (signal, code) => {
    let flushed = false;
    const agent = start(async (context) => {
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      flushed = true;
      context.signal.throwIfAborted();
      return done;
    });
    await Promise.resolve();
    agent.stop(signal);
    expect(await agent.exit).toBe(code);
    expect(flushed).toBe(true);
    expect(agent.output().at(-1)).toMatchObject({
      outcome: 'failed',
      exitCode: code,
      message: `Stopped by ${signal}.`,
    });
  });

  test('a program that does not stop is left behind within 10 s', async () => {
    vi.useFakeTimers();
    const agent = start(() => new Promise(() => undefined));
    agent.stop('SIGTERM');
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await agent.exit).toBe(143);
  });
});

describe('what is written', () => {
  test('a working agent writes a line at least every 5 s', async () => {
    vi.useFakeTimers();
    const agent = start(async ({ output }) => {
      output.progress({ phase: 'inventory', done: 7 });
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      return done;
    });
    for (let seconds = 0; seconds < 60; seconds += 5) {
      const before = agent.output().length;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(agent.output().length, `after ${seconds} s`).toBeGreaterThan(before);
    }
    expect(agent.output().at(-2)).toEqual({ type: 'progress', phase: 'inventory', done: 7 });
  });

  test('a thousand steps of one phase are thinned out, but its last is written', async () => {
    const agent = start(async ({ output }) => {
      for (let step = 1; step <= 1_000; step++) output.progress({ phase: 'resolve', done: step, total: 1_000 });
      return done;
    });
    await agent.exit;
    expect(agent.output().length).toBeLessThan(20);
    expect(agent.output().at(-2)).toMatchObject({ done: 1_000 });
  });

  test('known secrets appear neither in output nor log nor report', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-kit-'));
    const secret = 'p"a ss/wörd';
    const agent = start(async ({ masker, log, output, report }) => {
      masker.add(secret);
      report.writeTo(folder);
      report.set('detail', { url: `postgres://u:${encodeURIComponent(secret)}@h`, plain: secret });
      log.info({ password: secret }, `connecting with ${secret}`);
      output.warning({ code: 'W', message: `bad password ${secret}` });
      throw new AgentFailure('credentialsRefused', `refused ${secret}`, `not ${secret}`);
    });
    expect(await agent.exit).toBe(3);
    const written =
      JSON.stringify(agent.output()) + agent.log.join('') + (await readFile(join(folder, 'report.json'), 'utf8'));
    await rm(folder, { recursive: true });
    expect(written).toContain('******');
    expect(written).not.toMatch(/ss\/w|ss%2Fw/);
  });

  test('the report tells how the run ended, with its warnings and sections', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-kit-'));
    const agent = start(async ({ report, output }) => {
      report.writeTo(folder);
      report.set('connections', [{ name: 'shop' }]);
      output.warning({ code: 'W', message: 'careful' });
      return done;
    });
    await agent.exit;
    const report: unknown = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    await rm(folder, { recursive: true });
    expect(report).toMatchObject({
      schemaVersion: 1,
      agent: { name: 'test-agent', version: '1.2.3' },
      outcome: 'succeeded',
      exitCode: 0,
      counts: { views: 3 },
      warnings: [{ code: 'W', message: 'careful' }],
      connections: [{ name: 'shop' }],
    });
  });
});
