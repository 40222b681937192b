import { describe, expect, test } from 'vitest';
import { GOOD_CREATE, POLICY } from '../test-tools/guard-under-test.ts';
import { endpointJudge } from './endpoints.ts';
import { readPolicy } from './policy.ts';
import { Refusal } from './refusal.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The rule that refuses a request under the policy with `edit`; undefined if it passes. */
function ruleOf(edit: object, method: string, target: string, create?: object): string | undefined {
  const policy = readPolicy(Buffer.from(JSON.stringify({ ...POLICY, ...edit })));
  const body = Buffer.from(create ? JSON.stringify({ ...GOOD_CREATE, ...create }) : '');
  const headers = new Map([['content-type', 'application/json']]);
  try {
    endpointJudge(policy, 'me')({ method, target, headers, bodyLength: body.length })(body);
    return undefined;
  } catch (cause) {
    if (cause instanceof Refusal) return cause.rule;
    throw cause;
  }
}
const create = '/containers/create?name=bigeye-run-x';
const pull = (tag: string) => `/images/create?fromImage=bigeyedata/agent&tag=${tag}`;
const host = (edit: object) => ({ HostConfig: { ...GOOD_CREATE.HostConfig, ...edit } });

describe('a tightened policy', () => {
  test('without pulls refuses them', () => {
    expect(ruleOf({ allowPull: false }, 'POST', pull('1'))).toBe('endpoint.unknown');
    expect(ruleOf({ allowPull: true }, 'POST', pull('1'))).toBeUndefined();
  });

  test('that wants digests takes nothing else', () => {
    const edit = { requireDigest: true };
    expect(ruleOf(edit, 'POST', pull('1'))).toBe('query.tag');
    expect(ruleOf(edit, 'POST', pull(DIGEST))).toBeUndefined();
    expect(ruleOf(edit, 'POST', create, { Image: 'bigeyedata/agent:1' })).toBe('create.Image');
    expect(ruleOf(edit, 'POST', create, { Image: `bigeyedata/agent:1@${DIGEST}` })).toBeUndefined();
    expect(ruleOf(edit, 'POST', create, { Image: `bigeyedata/agent@${DIGEST}` })).toBeUndefined();
  });

  test('that names repositories takes these, dot for dot', () => {
    const edit = { repositories: ['agent', 'line.age'] };
    const ofImage = (Image: string) => ruleOf(edit, 'POST', create, { Image });
    expect(ofImage('bigeyedata/agent:1')).toBeUndefined();
    expect(ofImage('bigeyedata/line.age:1')).toBeUndefined();
    for (const name of ['linexage', 'agents', 'xagent', 'other'])
      expect(ofImage(`bigeyedata/${name}:1`)).toBe('create.Image');
    expect(ruleOf(edit, 'GET', '/images/bigeyedata/other:1/json')).toBe('endpoint.unknown');
  });

  test('with fewer platforms, variables and mounts takes no more than those', () => {
    const amd = { platforms: ['linux/amd64'] };
    expect(ruleOf(amd, 'POST', `${pull('1')}&platform=linux/arm64`)).toBe('query.platform');
    expect(ruleOf(amd, 'POST', `${pull('1')}&platform=linux/amd64`)).toBeUndefined();
    expect(ruleOf({ envPrefixes: ['AGENT_'] }, 'POST', create, { Env: ['BATCH_X=1'] })).toBe('create.Env');
    expect(ruleOf({ envPrefixes: ['AGENT_'] }, 'POST', create, { Env: ['AGENT_X=1'] })).toBeUndefined();
    expect(ruleOf({ mountTargets: ['/out'] }, 'POST', create, {})).toBe('create.HostConfig.Mounts.Target');
  });

  test('that names the user takes this one pair of ids', () => {
    const edit = { user: '1000:2000' };
    expect(ruleOf(edit, 'POST', create, { User: '1000:2000' })).toBeUndefined();
    for (const User of ['10001:10001', '1000:1000', '2000:2000', '1000', '1000:2000:1'])
      expect(ruleOf(edit, 'POST', create, { User })).toBe('create.User');
  });

  test.each([
    ['memoryBytes', 536870911, {}, 'Memory'],
    ['nanoCpus', 999999999, {}, 'NanoCpus'],
    ['pids', 255, {}, 'PidsLimit'],
    ['shmBytes', 10, { ShmSize: 11 }, 'ShmSize'],
    ['tmpfsBytes', 1048576, { Tmpfs: { '/tmp': 'noexec,nosuid,nodev,size=1048577' } }, 'Tmpfs'],
    ['logBytes', 1024, { LogConfig: { Type: 'local', Config: { 'max-size': '1025' } } }, 'LogConfig.Config.max-size'],
  ])('with a lower %s refuses what is over it', (limit, most, edit, field) => {
    const rest = { Tmpfs: {}, ...edit };
    expect(ruleOf({}, 'POST', create, host(rest))).toBeUndefined();
    expect(ruleOf({ limits: { [limit]: most } }, 'POST', create, host(rest))).toBe(`create.HostConfig.${field}`);
  });

  test('with shorter bodies refuses longer ones', () => {
    const length = JSON.stringify({ ...GOOD_CREATE }).length;
    expect(ruleOf({ limits: { bodyBytes: length } }, 'POST', create, {})).toBeUndefined();
    expect(ruleOf({ limits: { bodyBytes: length - 1 } }, 'POST', create, {})).toBe('body.length');
  });
});
