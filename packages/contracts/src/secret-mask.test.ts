import { expect, test } from 'vitest';
import { createSecretMask } from './secret-mask.ts';

const maskOf = (...secrets: string[]) => createSecretMask(secrets).mask;

test('a value that is long and rare is hidden as it is, in JSON, in a URL and in a form', () => {
  const mask = maskOf('p"w\\1ü', 'longer-secret', 'longer', 'two words 42');
  expect(mask('x p"w\\1ü y')).toBe('x ****** y');
  expect(mask(JSON.stringify({ said: 'p"w\\1ü' }))).toBe('{"said":"******"}');
  expect(mask(`is ${encodeURIComponent('p"w\\1ü')} here`)).toBe('is ****** here');
  expect(mask('longer-secret abc')).toBe('****** abc');
  expect(mask('a=two%20words%2042&b=two+words+42')).toBe('a=******&b=******');
});

test('an ordinary word that is a password hides nothing, and so tells nothing', () => {
  const mask = maskOf('demo', 'warehouse', 'production', 'postgres', 'abc', '', '--------', 'aaaaaaaa1');
  const text = 'connecting to bigeye-demo-warehouse.production:5432 as postgres -------- abc aaaaaaaa1';
  expect(mask(text)).toBe(text);
});

test('a value of middling strength is hidden as a word, and not within a longer one or the name of a host', () => {
  const mask = maskOf('hunter22', 'Sommer2024!');
  expect(mask('password is hunter22, or (hunter22). hunter22')).toBe('password is ******, or (******). ******');
  for (const name of ['hunter22b', 'xhunter22', 'hunter22.example.com', 'db-hunter22', 'hunter22-db', 'a_hunter22'])
    expect(mask(`host ${name} up`)).toBe(`host ${name} up`);
});

test('a value that looks like nothing else is hidden within a word too', () => {
  const key = 'bigeye_agent_0k3j5h2g9f8d7s6a4q1w';
  expect(maskOf(key)(`-p${key}x and ${key}`)).toBe('-p******x and ******');
});

test.each([
  ['postgres://reader:demo@db/shop', 'postgres://reader:******@db/shop'],
  ['postgres://reader:p@ss:w@rd@db/shop', 'postgres://reader:******@db/shop'],
  ['https://:demo@db.example', 'https://:******@db.example'],
  ['host=db user=x password=demo sslmode=disable', 'host=db user=x password=****** sslmode=disable'],
  ["password='a b' user=x", 'password=****** user=x'],
  ['PGPASSWORD=demo psql', 'PGPASSWORD=****** psql'],
  ['postgres.password.12=demo', 'postgres.password.12=******'],
  ['bigeye.apikey.1=x', 'bigeye.apikey.1=******'],
  ['{"password":"demo","port":5432}', '{"password":"******","port":5432}'],
  ["{'pwd': 'demo'}", "{'pwd': '******'}"],
  [String.raw`{"message":"{\"password\":\"demo\"}"}`, String.raw`{"message":"{\"password\":\"******\"}"}`],
  ['Server=db;Pwd=demo;Port=1', 'Server=db;Pwd=******;Port=1'],
  ['Authorization: apikey abc', 'Authorization: apikey ******'],
  ['authorization: Bearer a.b.c', 'authorization: Bearer ******'],
  ['"api-key": "abc"', '"api-key": "******"'],
])('whatever its value, %s is hidden by its place', (text, masked) => {
  expect(maskOf()(text)).toBe(masked);
});

test.each([
  'FATAL: password authentication failed for user "reader"',
  "Access denied for user 'x'@'y' (using password: YES)",
  'GET http://db.example:8080/path?q=a@b',
  '{"name":"password","type":"text"}',
  '{"password":123,"url":"http://x:8080/p","mail":"me@x.example"}',
  'shop.users.password_hash ← crm.accounts.pwd (identity)',
  'unexpected token: FROM at line 3',
])('%s is no secret and stays', (text) => {
  expect(maskOf()(text)).toBe(text);
});

test('a key of many lines is hidden line by line', () => {
  const pem = ['-----BEGIN KEY-----', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', ''].join(
    '\n',
  );
  const masked = maskOf(pem)(`reading\n${pem}`);
  expect(masked).not.toContain('MIIE');
  expect(masked).not.toContain('BKcw');
});

test('a value that is longer than one look is hidden in parts', () => {
  const long = Array.from({ length: 500 }, (_, n) => `k${n * 7919}`).join('');
  expect(maskOf(long)(`a ${long} b`)).toMatch(/^a (\*{6})+ b$/);
});

test('a character that the engine has cut in two does not show the rest', () => {
  expect(maskOf('pässwört-42-lang')('is p\uFFFD\uFFFDsswört-42-lang.')).toBe('is ******.');
});

test('a hostile line costs no more than another one', () => {
  const mask = maskOf('hunter22', 'p"w\\1ü');
  const hostile = ['a', 'password=', '://a:', '"password":"', '//:@', 'authorization: ', "'", ' = '];
  const begun = performance.now();
  for (const part of hostile) mask(part.repeat(Math.floor(65_536 / part.length)));
  // It takes some milliseconds; the wrong kind of pattern takes minutes.
  expect(performance.now() - begun).toBeLessThan(5_000);
});
