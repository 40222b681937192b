import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { isActive } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

test('no web page reaches the embedded Temporal: every port refuses requests over HTTP, whatever host they name', async () => {
  const { id: hostId } = await stack.registerHost('embedded');
  const { id: jobId } = await stack.createJob({ hostId });
  const run = await stack.admin.call('startRun', { params: { jobId } });
  const listening = listeningAddressesOf(Number(readFileSync(join(stack.dataDir, 'temporal.pid'), 'utf8')));
  expect(listening.length).toBeGreaterThan(2);
  expect(listening.filter(({ isLoopback }) => !isLoopback)).toEqual([]);

  const workflows = '/api/v1/namespaces/default/workflows';
  const old = '/namespaces/default/workflows';
  const asked: [string, string][] = [
    ['GET', '/'],
    ['GET', '/api/v1/namespaces'],
    ['GET', workflows],
    ...[workflows, old].flatMap((path): [string, string][] => [
      ['POST', `${path}/${run.id}/terminate`],
      ['POST', `${path}/${run.id}/cancel`],
      ['POST', `${path}/${run.id}/signal/x`],
    ]),
  ];
  const answers: string[] = [];
  for (const { port } of listening)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'evil.example', '*', '127.0.0.1'])
      for (const [method, path] of asked) {
        const status = await ask(port, host, method, path);
        if (status !== undefined && status < 400) answers.push(`${method} ${path} as ${host}: ${status}`);
      }
  expect(answers).toEqual([]);
  expect(isActive((await stack.admin.call('getRun', { params: { runId: run.id } })).status)).toBe(true);
  await stack.admin.call('cancelRun', { params: { runId: run.id } });
});

/** As a form of a web page sends it: no preflight asks first. Undefined where what answers is no HTTP. */
function ask(port: number, host: string, method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { host, origin: 'https://evil.example', 'content-type': 'text/plain' };
    const sent = request({ host: '127.0.0.1', port, method, path, headers, timeout: 2_000 }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    sent.on('error', () => resolve(undefined)).on('timeout', () => sent.destroy());
    sent.end(method === 'POST' ? '{"reason":"a page"}' : undefined);
  });
}

function listeningAddressesOf(pid: number): { port: number; isLoopback: boolean }[] {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':');
        return {
          port: Number.parseInt(port, 16),
          isLoopback: address.endsWith('7F') || /^0{24}01000000$/.test(address),
        };
      }),
  );
}
