import { expect, test } from 'vitest';
import { parsePostgresConnections } from './postgres-connection.ts';

const complete = {
  'environment.name': 'shop',
  'bigeye.host': 'https://control.example.com',
  'bigeye.apikey': 'bigeye_agent_x',
  'postgres.host': 'db',
  'postgres.database': 'shop',
  'postgres.username': 'reader',
};
const text = (values: Record<string, string>, number = 1) =>
  Object.entries(values)
    .map(([name, value]) => `${name}.${number}=${value}\n`)
    .join('');
const parse = (content: string) => parsePostgresConnections(content, 'postgres.properties');

test('what is left out has the defaults of PostgreSQL', () => {
  expect(parse(text(complete))).toEqual([
    {
      name: 'shop',
      bigeye: { host: 'https://control.example.com', apiKey: 'bigeye_agent_x', workspaceId: 1 },
      host: 'db',
      port: 5432,
      database: 'shop',
      user: 'reader',
      password: '',
      sslMode: 'prefer',
      schemas: undefined,
    },
  ]);
});

test('all documented keys are read, for every number', () => {
  const second = {
    ...complete,
    'environment.name': 'other',
    'bigeye.allowed.workspaces': '7, 8',
    'postgres.port': '6432',
    'postgres.password': 'p=:\\\\ x',
    'postgres.sslmode': 'verify-full',
    'postgres.schemas': 'sales, crm',
  };
  expect(parse(text(complete) + text(second, 2))[1]).toMatchObject({
    name: 'other',
    bigeye: { workspaceId: 7 },
    port: 6432,
    password: 'p=:\\ x',
    sslMode: 'verify-full',
    schemas: ['sales', 'crm'],
  });
});

test('all faults of a connection are named at once, as exit code 2', () => {
  const faulty = {
    ...complete,
    'postgres.host': '',
    'postgres.port': '99999',
    'postgres.sslmode': 'maybe',
    'bigeye.host': 'x',
  };
  expect(() => parse(text(faulty))).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringMatching(/bigeye\.host\.1.*postgres\.host\.1.*postgres\.port\.1.*postgres\.sslmode\.1/s),
    }),
  );
});

test('a file without connections is exit code 2', () => {
  expect(() => parse('# nothing\n')).toThrow(expect.objectContaining({ exitCode: 2 }));
});
