import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderGuardPolicy } from './guard-policy-file.ts';
import { hostHomeAt } from './host-home.ts';

const home = () => hostHomeAt(mkdtempSync(join(tmpdir(), 'home-')));

test('the first policy is the one of the product, for the runs of this folder', () => {
  const at = home();
  expect(JSON.parse(renderGuardPolicy(at))).toEqual({
    ...{ runsRoot: at.runs, imageNamespace: 'bigeyedata/', networks: ['none', 'bigeye-agents'], subCommands: ['run'] },
  });
});

test('what the operator tightened stays when the file is written again; the folder of runs is not theirs to move', () => {
  const at = home();
  writeFileSync(at.guardPolicy, JSON.stringify({ networks: ['bigeye-agents'], maxMemoryMib: 256, runsRoot: '/' }));
  const policy = JSON.parse(renderGuardPolicy(at));
  expect(policy).toMatchObject({ networks: ['bigeye-agents'], maxMemoryMib: 256, runsRoot: at.runs });
});

test('a file that is not JSON is named, and left as it is', () => {
  const at = home();
  writeFileSync(at.guardPolicy, '{ networks: ');
  expect(() => renderGuardPolicy(at)).toThrow(/guard_policy.json is not valid/);
});
