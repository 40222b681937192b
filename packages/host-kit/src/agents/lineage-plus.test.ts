import { agentTypes, HostId, JobId, JobSettings, RunId, type RunJobInput } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { AgentSettings } from '../agent-settings.ts';
import { renderProperties } from '../connectors/properties.ts';
import { importConnections } from '../connectors/properties-file.ts';
import { managedAgentsOf } from './managed-agents.ts';
import { planAgentRun } from './plan-agent-run.ts';
import { secretsOfHost } from './secrets-of-host.ts';

const hostId = HostId.parse('etl-01');
const input = (parameters: RunJobInput['parameters']): RunJobInput => ({
  protocolVersion: 1,
  runId: RunId.parse('run_00000000000000000001'),
  jobId: JobId.parse('job_00000000000000000001'),
  hostId,
  agentType: 'LINEAGE_PLUS',
  parameters,
  settings: JobSettings.parse({}),
});
const host = {
  hostId,
  apiUrl: 'http://cp.example',
  agentApiKey: 'bigeye_agent_x',
  gatewayAddress: 'cp:1',
  hostApiUrl: 'https://cp:2',
};
const connection = (name: string, more = {}) => ({
  name,
  host: 'db',
  database: 'shop',
  username: 'reader',
  password: 'p@ss=1',
  ...more,
});
const settings = AgentSettings.parse({
  agents: { lineage_plus: {} },
  connectors: { postgres: [connection('shop', { schemas: ['public', 'mart'] }), connection('crm', { port: 6432 })] },
});

test('without a name, every connection of the type is in the properties, numbered from 1', () => {
  const plan = planAgentRun(input({ connectors: ['postgres'] }), host, settings);
  expect(plan).toMatchObject({ image: agentTypes.LINEAGE_PLUS.image, command: ['run', '-c', 'postgres'] });
  const lines = plan.files['postgres.properties']?.trim().split('\n') ?? [];
  expect(lines).toContain('environment.name.1=shop');
  expect(lines).toContain('postgres.schemas.1=public,mart');
  expect(lines).toContain('bigeye.apikey.1=bigeye_agent_x');
  expect(lines).toContain('environment.name.2=crm');
  expect(lines).toContain('postgres.port.2=6432');
  expect(lines).toContain('postgres.password.2=p@ss=1');
  expect(lines.some((line) => line.startsWith('postgres.schemas.2'))).toBe(false);
  expect(JSON.parse(plan.files['run.json'] ?? '')).toMatchObject({ protocolVersion: 1, hostId: 'etl-01' });
});

test('a named connection runs alone and is named to the agent', () => {
  const plan = planAgentRun(input({ connectors: ['postgres'], connectionName: 'crm' }), host, settings);
  expect(plan.command).toEqual(['run', '-c', 'postgres', '-n', 'crm']);
  expect(plan.files['postgres.properties']).not.toContain('=shop\nbigeye');
});

test.each([
  [{ connectors: ['postgres'], connectionName: 'none' }, 'CONNECTION_NOT_FOUND'],
  [{ connectors: ['snowflake'] }, 'CONNECTION_NOT_FOUND'],
  [{ connectors: [] }, 'INVALID_INPUT'],
])('%o fails as %s', (parameters, code) => {
  expect(() => planAgentRun(input(parameters), host, settings)).toThrow(expect.objectContaining({ code }));
});

test('an agent that is not installed does not run, and is not reported', () => {
  const bare = AgentSettings.parse({});
  const plan = () => planAgentRun(input({ connectors: ['postgres'] }), host, bare);
  expect(plan).toThrow(expect.objectContaining({ code: 'AGENT_NOT_INSTALLED' }));
  expect(managedAgentsOf(bare)).toEqual([]);
});

test('the control plane learns names of connections and nothing else of them', () => {
  const text = JSON.stringify(managedAgentsOf(settings));
  expect(text).toContain('"name":"crm"');
  for (const secret of ['p@ss=1', 'reader', 'db']) expect(text).not.toContain(`"${secret}"`);
});

test('what must not be in a log: the key of the agents, and every password', () => {
  expect(secretsOfHost(host, settings)).toEqual(['bigeye_agent_x', 'p@ss=1', 'p@ss=1']);
});

test('every value comes out of a properties file as it went in', () => {
  const odd = ' lead\\back=eq:co#hash\nline\tüñ🙂';
  const text = renderProperties([{ 'environment.name': 'a', 'postgres.host': 'h', 'postgres.password': odd }]);
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(importConnections('postgres', text)).toEqual([{ name: 'a', host: 'h', password: odd }]);
});

test('an existing properties file gives its PostgreSQL connections by number', () => {
  const text =
    '# old\nenvironment.name.2 = b\npostgres.host.2: h2\npostgres.schemas.2=x, y\nenvironment.name.1=a\npostgres.host.1=h1\ndbt.host.3=z\n';
  expect(importConnections('postgres', text)).toEqual([
    { name: 'a', host: 'h1' },
    { name: 'b', host: 'h2', schemas: ['x', 'y'] },
  ]);
});
