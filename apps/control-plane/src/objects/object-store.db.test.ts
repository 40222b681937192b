import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ObjectStore } from './object-store.ts';
import { openObjectStore } from './open-object-store.ts';

const root = join(import.meta.dirname, '../../../..');

async function textOf(objects: ObjectStore, key: string): Promise<string> {
  let text = '';
  for await (const part of await objects.get(key)) text += part;
  return text;
}

/** What every object store promises, whatever it stands on. */
function promises(open: () => ObjectStore): void {
  test('what was put comes back, and is replaced by what is put later', async () => {
    const objects = open();
    await objects.put('runs/a/log/1-2', Buffer.from('one'));
    await objects.put('runs/a/log/1-2', Buffer.from('two'));
    await objects.put('runs/a/empty', new Uint8Array());
    expect(await textOf(objects, 'runs/a/log/1-2')).toBe('two');
    expect(await textOf(objects, 'runs/a/empty')).toBe('');
    const large = Buffer.alloc(9 * 1024 * 1024, 'x');
    await objects.put('runs/a/large', large);
    expect((await textOf(objects, 'runs/a/large')).length).toBe(large.length);
  });

  test('what is not there is missing, and says where', async () => {
    const objects = open();
    await expect(objects.get('runs/nobody/1')).rejects.toMatchObject({
      code: 'OBJECT_MISSING',
      details: { key: 'runs/nobody/1', place: objects.place },
    });
  });

  test('a folder is removed with all below it and nothing beside it; a key alone; neither twice', async () => {
    const objects = open();
    const keys = ['runs/b/log/1', 'runs/b/log/2', 'runs/b/artifacts/x', 'runs/bb/log/1'];
    for (const key of keys) await objects.put(key, Buffer.from(key));
    expect(await objects.remove('runs/b/')).toBe(3);
    expect(await objects.remove('runs/b/')).toBe(0);
    expect(await textOf(objects, 'runs/bb/log/1')).toBe('runs/bb/log/1');
    await objects.remove('runs/bb/log/1');
    await objects.remove('runs/bb/log/1');
    await expect(objects.get('runs/bb/log/1')).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  test('a folder with more keys than one answer of the server holds is removed whole', async () => {
    const objects = open();
    for (let n = 0; n < 1_050; n++) await objects.put(`runs/many/${n}`, Buffer.from('x'));
    expect(await objects.remove('runs/many/')).toBe(1_050);
    await expect(objects.get('runs/many/1049')).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  }, 60_000);
}

describe('a folder as object store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'objects-'));
  const objects = await openObjectStore(pathToFileURL(folder).href);
  promises(() => objects);

  test('nothing unfinished is left, and only its own user can read it', async () => {
    await objects.put('runs/c/1', Buffer.from('x'));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.filter((file) => file.name.endsWith('.part'))).toEqual([]);
    const { statSync } = await import('node:fs');
    expect(statSync(join(folder, 'runs/c/1')).mode & 0o077).toBe(0);
  });

  test('a folder that cannot be written to says so, with its place', async () => {
    const nowhere = await openObjectStore('file:///etc/hostname/below');
    await expect(nowhere.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE' });
  });
});

describe('S3 as object store', () => {
  const running = new AbortController();
  let objects: ObjectStore;
  let endpoint = '';

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const server = spawn(join(root, '.tools/moto/bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      signal: running.signal,
    });
    server.on('error', () => undefined);
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await vi.waitFor(() => client.send(new CreateBucketCommand({ Bucket: 'logs' })), {
      timeout: 60_000,
      interval: 200,
    });
    client.destroy();
    objects = await openObjectStore(`s3://logs/control-plane?endpoint=${encodeURIComponent(endpoint)}`);
  }, 90_000);
  afterAll(() => {
    running.abort();
    vi.unstubAllEnvs();
  });
  promises(() => objects);

  test('a bucket that is not there, and a server that is away, say so', async () => {
    const query = `?endpoint=${encodeURIComponent(endpoint)}`;
    using missing = await openObjectStore(`s3://no-such-bucket${query}`);
    await expect(missing.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE' });
    const away = `?endpoint=${encodeURIComponent(`http://127.0.0.1:${await freePort()}`)}`;
    using gone = await openObjectStore(`s3://logs${away}`);
    await expect(gone.get('a')).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE', retryable: true });
  }, 30_000);
});

test('a place that is neither is refused by its setting', async () => {
  for (const place of ['ftp://x/y', 's3://', 'logs', '/var/logs'])
    await expect(openObjectStore(place)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
