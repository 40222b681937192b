import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { guardUnderTest, json, OWN_ID } from '../test-tools/guard-under-test.ts';

const MINUTES_25 = 25 * 60_000;
const GIBIBYTE = 1024 ** 3;

describe.skipIf(!process.env.GUARD_SLOW)(
  'long runs, half an hour',
  { meta: { skipReason: skipReasons.longRun } },
  () => {
    test('a wait and a log that are silent for 25 minutes end with what the engine then says', async () => {
      await using guard = await guardUnderTest();
      guard.script = ({ target }, socket) => {
        if (!/\/(?:wait|logs)/.test(target)) return undefined;
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        setTimeout(() => socket.write('4\r\nlast\r\n0\r\n\r\n'), MINUTES_25);
        return 'handled';
      };
      const read = (method: string, action: string) =>
        new Promise<string>((resolve, reject) => {
          const path = `/containers/${OWN_ID}/${action}`;
          const sent = request({ socketPath: guard.socketPath, method, path }, async (answer) => {
            let text = '';
            for await (const part of answer) text += part;
            resolve(text);
          });
          sent.on('error', reject).end();
        });
      const answers = await Promise.all([read('POST', 'wait'), read('GET', 'logs?follow=1&stdout=1')]);
      expect(answers).toEqual(['last', 'last']);
    }, 1_700_000);

    test('a log of 1 GiB arrives whole', async () => {
      await using guard = await guardUnderTest();
      const block = Buffer.alloc(1024 * 1024, 'log ');
      guard.script = ({ target }, socket) => {
        if (!target.includes('/logs')) return undefined;
        const send = async () => {
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          for (let sent = 0; sent < GIBIBYTE; sent += block.length) {
            socket.write(`${block.length.toString(16)}\r\n`);
            socket.write(block);
            if (!socket.write('\r\n')) await new Promise((resolve) => socket.once('drain', resolve));
            await sleep(0);
          }
          socket.write('0\r\n\r\n');
        };
        void send();
        return 'handled';
      };
      const expected = createHash('sha256');
      for (let sent = 0; sent < GIBIBYTE; sent += block.length) expected.update(block);
      const received = createHash('sha256');
      await new Promise<void>((resolve, reject) => {
        const path = `/containers/${OWN_ID}/logs?follow=1&stdout=1`;
        get({ socketPath: guard.socketPath, path }, (answer) => {
          answer
            .on('data', (part) => received.update(part))
            .on('end', resolve)
            .on('error', reject);
        }).on('error', reject);
      });
      expect(received.digest('hex')).toBe(expected.digest('hex'));
    }, 300_000);

    // Twice the idle time and a little: Node restarts a socket's idle timer once, when the first part of the answer has left.
    test('a client that never reads its answer is dropped after two minutes at most', async () => {
      await using guard = await guardUnderTest();
      guard.script = () => json(200, { filler: 'a'.repeat(4 * 1024 ** 2) });
      const drop = async (connection: string) => {
        const socket = guard.connect().pause();
        socket.write(`GET /version HTTP/1.1\r\nHost: docker\r\nConnection: ${connection}\r\n\r\n`);
        // The clock itself is what is tested here.
        await sleep(125_000);
        socket.resume();
        await once(socket, 'close', { signal: AbortSignal.timeout(5_000) });
        return socket.bytesRead;
      };
      for (const bytes of await Promise.all(['keep-alive', 'close'].map(drop)))
        expect(bytes).toBeLessThan(4 * 1024 ** 2);
    }, 140_000);
  },
);
