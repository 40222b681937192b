import { mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadAgentFile, registeredHost } from './agent-file.ts';
import { hostHomeAt } from './host-home.ts';

const homeWith = (text?: string) => {
  const home = hostHomeAt(mkdtempSync(path.join(tmpdir(), 'agent-file-')));
  if (text !== undefined) writeFileSync(home.agentFile, text);
  return home;
};

const operatorsFile = `# our own heading
zz_team: data-platform # unknown to us, first in the file
bigeye:
  # the test system
  api_url: http://old.example
  proxy_hint: "keep me"
connectors:
  postgres:
    # the shop
    - name: shop
      host: db.internal
      database: shop
      username: reader
      password: "0123" # leading zero
`;

test('comments, order and unknown keys survive a change', () => {
  const home = homeWith(operatorsFile);
  const file = loadAgentFile(home);
  file.set(['bigeye', 'api_url'], 'https://new.example');
  file.set(['orchestrator', 'host_id'], 'etl-01');
  file.append(['connectors', 'postgres'], { name: 'crm', host: 'h', database: 'd', username: 'u', password: 'p' });
  file.save();
  const written = readFileSync(home.agentFile, 'utf8');
  expect(written).toBe(`${operatorsFile.replace('http://old.example', 'https://new.example')}    - name: crm
      host: h
      database: d
      username: u
      password: p
orchestrator:
  host_id: etl-01
`);
});

test('a value that is the same already leaves the file untouched, to the byte', () => {
  const odd = 'bigeye:   {api_url:   "http://x.example"}\n';
  const home = homeWith(odd);
  const file = loadAgentFile(home);
  file.set(['bigeye', 'api_url'], 'http://x.example');
  file.save();
  expect(readFileSync(home.agentFile, 'utf8')).toBe(odd);
});

test('a new file has mode 0600 and a heading, and is read again as written', () => {
  const home = homeWith();
  const file = loadAgentFile(home);
  file.set(['orchestrator', 'host_id'], 'etl-01');
  file.save();
  expect(statSync(home.agentFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(home.agentFile, 'utf8')).toMatch(/^# Bigeye agent: /);
  expect(loadAgentFile(home).settings.orchestrator.host_id).toBe('etl-01');
});

test('keys without a value are as good as no keys', () => {
  const file = loadAgentFile(homeWith('bigeye:\nconnectors:\n  postgres:\nagents:\n  lineage_plus:\n'));
  file.set(['bigeye', 'api_url'], 'http://x.example');
  expect(file.settings.bigeye.api_url).toBe('http://x.example');
  expect(file.settings.connectors.postgres).toEqual([]);
  expect(file.settings.agents.lineage_plus).toBeNull();
});

test('a file behind a symbolic link is changed where it is', () => {
  const home = homeWith();
  const real = path.join(home.folder, 'real.yml');
  writeFileSync(real, 'bigeye: {}\n');
  symlinkSync(real, home.agentFile);
  const file = loadAgentFile(home);
  file.set(['docker_compose_enabled'], true);
  file.save();
  expect(readFileSync(real, 'utf8')).toContain('docker_compose_enabled: true');
});

test.each([
  ['bigeye: [1', /bigeye_agent\.yml is not valid/],
  ['orchestrator: {host_id: "a b"}', /orchestrator\.host_id: letters, digits and hyphens/],
  ['connectors: {postgres: [{name: x, host: h, database: d, username: u, password: p, port: 99999}]}', /port/],
])('%s names its fault', (text, fault) => {
  expect(() => loadAgentFile(homeWith(text)).settings).toThrow(fault);
});

test('a host counts as registered only with all that its commands need', () => {
  const home = homeWith('orchestrator: {host_id: etl-01}\n');
  expect(() => registeredHost(home, loadAgentFile(home).settings)).toThrow(/names no host id/);
});
