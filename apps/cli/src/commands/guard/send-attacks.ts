import type fs from 'node:fs';
import type net from 'node:net';
import type { Attack } from './attacks.ts';

export interface Outcome {
  kind: string;
  /** 0 where the connection ended without an answer. */
  status: number;
  /** The guard names its rule in each refusal; the engine behind it never does. */
  rule?: string;
}

/**
 * Runs inside the orchestrator's container, as text (`attackScript`): it may use nothing but what it is given. Reads the
 * attacks from standard input, sends each over a connection of its own and prints the outcomes.
 */
async function sendAttacks(
  { createConnection }: typeof net,
  { symlinkSync, unlinkSync }: typeof fs,
  host: string,
  port: number,
): Promise<void> {
  let input = '';
  for await (const part of process.stdin) input += part;
  const send = (attack: Attack) =>
    new Promise<Outcome>((resolve) => {
      const length = attack.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(attack.body)) };
      const headers: Record<string, string> = { Host: 'docker', Connection: 'close', ...length, ...attack.headers };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const plain = `${attack.method} ${attack.path} HTTP/1.1\r\n${lines.join('')}\r\n${attack.body ?? ''}`;
      let answer = '';
      const socket = createConnection({ host, port }, () => socket.write(attack.wire ?? plain));
      socket.setTimeout(5_000, () => socket.destroy());
      socket.on('data', (part) => {
        answer += part;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        const [, status = '0'] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
        const [, rule] = /"rule":"([^"]+)"/.exec(answer) ?? [];
        resolve({ kind: attack.kind, status: Number(status), ...(rule === undefined ? {} : { rule }) });
      });
    });
  const makeLink = ({ at, to }: { at: string; to: string }) => {
    try {
      symlinkSync(to, at);
      return true;
    } catch {
      return false;
    }
  };
  const outcomes: Outcome[] = [];
  for (const attack of JSON.parse(input) as Attack[]) {
    const isLinked = attack.link !== undefined && makeLink(attack.link);
    outcomes.push(await send(attack));
    if (isLinked && attack.link) unlinkSync(attack.link.at);
  }
  process.stdout.write(JSON.stringify(outcomes));
}

/** The script for `node -e`. */
export const attackScript = (host: string, port: number) =>
  `(${sendAttacks})(require('node:net'), require('node:fs'), ${JSON.stringify(host)}, ${port})`;
