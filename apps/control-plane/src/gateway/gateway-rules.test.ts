import { HostId } from '@bigeye/contracts';
import proto from '@temporalio/proto';
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { ControlQueues } from './control-queues.ts';
import { methodRules, type RuleContext, TaskTokens } from './gateway-rules.ts';
import { Refusal } from './refusal.ts';

const api = proto.temporal.api.workflowservice.v1;
const { WorkerCommand } = proto.temporal.api.worker.v1;

const tokens = new TaskTokens(Buffer.alloc(32, 7));
const context: RuleContext = {
  hostId: HostId.parse('etl-01'),
  namespace: 'default',
  tokens,
  controlQueues: new ControlQueues('default'),
};
const token = Buffer.from('a task token of Temporal');

test('a command to cancel names the task as the host knows it, or the host would not find it', () => {
  const command = WorkerCommand.encode({ cancelActivity: { taskToken: token } }).finish();
  const data = protobuf.Writer.create().uint32(10).bytes(command).uint32(10).bytes(command).finish();
  const answer = api.PollNexusTaskQueueResponse.encode({
    taskToken: Buffer.from('nexus'),
    request: { startOperation: { payload: { data } } },
  }).finish();
  const rewritten = methodRules.PollNexusTaskQueue?.response?.(Buffer.from(answer), context) ?? new Uint8Array();
  const payload = api.PollNexusTaskQueueResponse.decode(rewritten).request?.startOperation?.payload?.data;
  const reader = protobuf.Reader.create(payload ?? new Uint8Array());
  const named: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    reader.uint32();
    named.push(WorkerCommand.decode(reader.bytes()).cancelActivity?.taskToken ?? new Uint8Array());
  }
  expect(named.map((one) => Buffer.from(tokens.unwrap(context.hostId, one)))).toEqual([token, token]);
});

test('a token is good for the host it was given to, unchanged, and for no other', () => {
  const wrapped = tokens.wrap(context.hostId, token);
  expect(Buffer.from(tokens.unwrap(context.hostId, wrapped))).toEqual(token);
  expect(() => tokens.unwrap(HostId.parse('etl-02'), wrapped)).toThrow(Refusal);
  for (let at = 0; at < wrapped.length; at++) {
    const changed = Buffer.from(wrapped);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => tokens.unwrap(context.hostId, changed)).toThrow(Refusal);
  }
  expect(() => tokens.unwrap(context.hostId, token)).toThrow(Refusal);
  expect(() => tokens.unwrap(context.hostId, new Uint8Array())).toThrow(Refusal);
});
