import type { ErrorBody, Job } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** Two who change one job: nobody overwrites what he has not seen, unless he wants to. */

let stack: TestStack;
let host: TestHost;
beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

const address = ({ id }: Job) => `${stack.apiUrl}/api/v1/agent-orchestrator/jobs/${id}`;
const authorization = () => `apikey ${stack.adminKey}`;

async function aJob(): Promise<Job> {
  const { id } = await stack.createJob({ hostId: host.id });
  return await stack.admin.call('getJob', { params: { jobId: id } });
}

async function put(job: Job, name: string, ifMatch?: string) {
  const { hostId, agentType, parameters, settings } = job;
  const answer = await fetch(address(job), {
    method: 'PUT',
    headers: {
      authorization: authorization(),
      'content-type': 'application/json',
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
    body: JSON.stringify({ name, hostId, agentType, parameters, settings }),
  });
  const body = (await answer.json()) as Job & ErrorBody;
  return { status: answer.status, etag: answer.headers.get('etag'), body };
}

test('of two changes made on one reading the second is refused, says whose came first, and changes nothing', async () => {
  const job = await aJob();
  const read = await fetch(address(job), { headers: { authorization: authorization() } });
  const tag = read.headers.get('etag') ?? '';
  const { key } = await stack.createUser('member');
  const [first, second] = [await put(job, `${job.name} first`, tag), await put(job, `${job.name} second`, tag)];
  expect([first.status, first.body.name]).toEqual([200, `${job.name} first`]);
  expect(second).toMatchObject({
    status: 409,
    body: {
      errorCode: 'JOB_CHANGED',
      message: expect.stringContaining(first.body.changedBy),
      remedy: expect.stringContaining('ETag'),
      details: { version: first.body.version, changedAt: first.body.changedAt },
    },
  });
  const now = await stack.client(key).call('getJob', { params: { jobId: job.id } });
  expect(now.name).toBe(`${job.name} first`);
  expect(await put(job, `${job.name} second`, first.etag ?? '')).toMatchObject({ status: 200 });
});

test('of many who change it at once on one reading one does', async () => {
  const job = await aJob();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => put(job, `${job.name} ${n}`, '"1"')));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
  const won = answers.find(({ status }) => status === 200);
  expect(await stack.admin.call('getJob', { params: { jobId: job.id } })).toMatchObject({
    name: won?.body.name,
    version: 2,
  });
});

test('who names nothing overwrites, as do those who name any version; a tag that was weakened on its way is known', async () => {
  const job = await aJob();
  for (const ifMatch of [undefined, '*', 'W/"3"', '"9", "4"'])
    expect(await put(job, `${job.name} ${ifMatch}`, ifMatch)).toMatchObject({ status: 200 });
  expect(await put(job, job.name, 'W/"4"')).toMatchObject({ status: 409 });
  for (const noTag of ['5', '"5', '""5""', 'W/5'])
    expect(await put(job, job.name, noTag)).toMatchObject({
      status: 400,
      body: { errorCode: 'INVALID_INPUT', details: { issues: [{ path: 'header.if-match' }] } },
    });
});
