// The agent of the chaos suite. It tells by itself what it did, so that nobody has to believe the product's records: a
// file with a name of its own for each start, lines by number, and a result with how many it said. Its order is
// `postgres.database.1` of its connection, as base64 JSON: { "count": 100, "everyMs": 30, "exitCode": 0 }. With "stamped", each
// line is the time at which it was said, for whoever measures.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { lineOf } from './line-of.ts';

let isStopped = false;
process.on('SIGTERM', () => {
  isStopped = true;
});
writeFileSync(`/out/start-${randomUUID()}`, new Date().toISOString());
const properties = readFileSync('/in/postgres.properties', 'utf8');
const encoded = /^postgres\.database\.1=(.*)$/m.exec(properties)?.[1]?.replaceAll('\\', '') ?? '';
const order = JSON.parse(Buffer.from(encoded, 'base64').toString());
let lines = 0;
while (lines < order.count && !isStopped) {
  lines++;
  console.log(order.stamped ? String(Date.now()) : lineOf(lines));
  await delay(order.everyMs);
}
const exitCode = isStopped ? 143 : order.exitCode;
const outcome = exitCode === 0 ? 'succeeded' : 'failed';
console.log(JSON.stringify({ type: 'result', outcome, exitCode, message: `${lines} lines`, counts: { lines } }));
process.exitCode = exitCode;
