import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { type OperatorsPolicy, planGuardPolicy, restoreGuardPolicy } from './guard-policy-file.ts';
import { hostHomeAt } from './host-home.ts';
import { runSlotsOf } from './run-slots.ts';

function inputWith(file?: unknown, recorded?: OperatorsPolicy) {
  const home = hostHomeAt(mkdtempSync(join(tmpdir(), 'home-')));
  if (file !== undefined) writeFileSync(home.guardPolicy, typeof file === 'string' ? file : JSON.stringify(file));
  return { home, user: { uid: 1001, gid: 1002 }, slots: runSlotsOf(home, HostId.parse('etl-01'), 1), recorded };
}
const planOf = (file?: unknown, recorded?: OperatorsPolicy) => planGuardPolicy(inputWith(file, recorded));
const ours = { networks: ['none', 'bigeye-runs-etl-01-01'], user: '1001:1002' };

test('the first policy is the one of the product, for the runs of this folder', () => {
  const input = inputWith();
  const plan = planGuardPolicy(input);
  const product = { imageNamespace: 'bigeyedata/', subCommands: ['run'], allowStats: true };
  expect(JSON.parse(plan.content)).toEqual({ ...product, runsRoot: input.home.runs, ...ours });
  expect(plan).toMatchObject({ loosened: [], mended: [], operators: {} });
});

const tight: OperatorsPolicy = {
  repositories: ['lineage-plus-connector'],
  requireDigest: true,
  allowPull: false,
  platforms: ['linux/amd64'],
  envPrefixes: ['AGENT_'],
  mountTargets: ['/in'],
  limits: { memoryBytes: 1024 ** 3 },
};

test('what the operator tightened stays when the file is written again, and is no loosening', () => {
  const plan = planOf(tight);
  expect(JSON.parse(plan.content)).toMatchObject(tight);
  expect(plan).toMatchObject({ loosened: [], mended: [], operators: tight });
  expect(planOf(tight, tight).loosened).toEqual([]);
});

test.each<[object, OperatorsPolicy, string, string]>([
  [{ imageNamespace: 'evil/' }, {}, 'imageNamespace', '"bigeyedata/" → "evil/"'],
  [{ subCommands: ['run', 'sh'] }, {}, 'subCommands', '["run"] → ["run","sh"]'],
  [{ repositories: ['a', 'b'] }, { repositories: ['a'] }, 'repositories', '["a"] → ["a","b"]'],
  [{}, { repositories: ['a'] }, 'repositories', '["a"] → "all"'],
  [{}, { requireDigest: true }, 'requireDigest', 'true → false'],
  [{ allowPull: true }, { allowPull: false }, 'allowPull', 'false → true'],
  [{ allowStats: true }, { allowStats: false }, 'allowStats', 'false → true'],
  [{}, { platforms: ['linux/amd64'] }, 'platforms', '["linux/amd64"] → ["linux/amd64","linux/arm64"]'],
  [
    { envPrefixes: ['AGENT_', 'BATCH_'] },
    { envPrefixes: ['AGENT_'] },
    'envPrefixes',
    '["AGENT_"] → ["AGENT_","BATCH_"]',
  ],
  [{}, { mountTargets: ['/in'] }, 'mountTargets', '["/in"] → ["/workspace","/out","/in"]'],
  [{ limits: { pids: 20 } }, { limits: { pids: 10 } }, 'limits.pids', '10 → 20'],
  [{ limits: {} }, { limits: { streams: 10 } }, 'limits.streams', '10 → 128'],
])('%j after %j loosens and is listed', (file, recorded, key, difference) => {
  expect(planOf(file, recorded).loosened).toEqual([{ key, difference }]);
});

test('put back, what was loosened is as recorded, and what was tightened stays', () => {
  const file = {
    imageNamespace: 'evil/',
    limits: { pids: 20, streams: 64, memoryBytes: 2 ** 31 },
    repositories: ['b'],
  };
  const recorded: OperatorsPolicy = { requireDigest: true, limits: { pids: 10, bodyBytes: 1024 } };
  const plan = restoreGuardPolicy(inputWith(file, recorded));
  expect(JSON.parse(plan.content)).toMatchObject({
    imageNamespace: 'bigeyedata/',
    requireDigest: true,
    repositories: ['b'],
    limits: { pids: 10, streams: 64, memoryBytes: 2 ** 31, bodyBytes: 1024 },
  });
  expect(plan.loosened).toEqual([]);
  expect(planOf(JSON.parse(plan.content), recorded).loosened).toEqual([]);
});

test('what is the CLI’s to say is said again: the folder of runs, its user, its networks', () => {
  const input = inputWith({ runsRoot: '/', user: '1:999', networks: ['other'] });
  const plan = planGuardPolicy(input);
  expect(JSON.parse(plan.content)).toMatchObject({ runsRoot: input.home.runs, ...ours });
  expect(plan.loosened).toEqual([]);
});

test.each([
  ['{ networks: ', 'it is not a JSON object; it is as recorded again'],
  [[1], 'it is not a JSON object; it is as recorded again'],
  [{ allowAll: true }, 'allowAll is no key of the policy; it is left out'],
  [{ imageNamespace: 'ghcr.io/x/' }, 'imageNamespace is nothing that the guard takes; it is left out'],
  [{ limits: { memoryBytes: 2 ** 40 } }, 'limits is nothing that the guard takes; it is left out'],
  [{ limits: { memory: 1 } }, 'limits is nothing that the guard takes; it is left out'],
  [{ subCommands: ['run', 'run'] }, 'subCommands is nothing that the guard takes; it is left out'],
  [{ platforms: ['linux/amd64', 'linux/amd64'] }, 'platforms is nothing that the guard takes; it is left out'],
  [{ mountTargets: ['/etc'] }, 'mountTargets is nothing that the guard takes; it is left out'],
])('the guard could not start with %j: it is mended, and told', (file, sentence) => {
  const plan = planOf(file);
  expect(plan.mended).toEqual([sentence]);
  expect(plan.loosened).toEqual([]);
  expect(JSON.parse(plan.content)).toMatchObject({ imageNamespace: 'bigeyedata/', subCommands: ['run'], ...ours });
});

test('a limit that was tight and is broken now counts as loosened, since it would be gone', () => {
  const plan = planOf({ limits: { pids: 'many' } }, { limits: { pids: 10 } });
  expect(plan.loosened).toEqual([{ key: 'limits.pids', difference: '10 → 4096' }]);
});
