// An agent for tests: does what `postgres.database.1` of its connection says, as base64 JSON.
//   { "mode": "lines", "count": 100, "everyMs": 50, "exitCode": 0 }   numbered lines, then the exit code
//   { "mode": "probe", "targets": ["host:port", …], "names": […] }     who answers to a request from here; what names mean
//   { "mode": "listen", "port": 8080 }                                 answers everybody with NEIGHBOUR, until it is stopped
//   { "mode": "stubborn" }                                             ignores SIGTERM
import { lookup, reverse } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const properties = readFileSync('/in/postgres.properties', 'utf8');
const encoded = /^postgres\.database\.1=(.*)$/m.exec(properties)?.[1]?.replaceAll('\\', '') ?? '';
const order = JSON.parse(Buffer.from(encoded, 'base64').toString());

const end = (exitCode, message, counts = {}) => {
  console.log(
    JSON.stringify({ type: 'result', outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode, message, counts }),
  );
  process.exitCode = exitCode;
};

if (order.mode === 'lines') {
  let stopped = false;
  process.on('SIGTERM', () => {
    stopped = true;
  });
  let n = 0;
  while (n < order.count && !stopped) {
    console.log(`line ${++n}`);
    await delay(order.everyMs);
  }
  writeFileSync('/out/report.json', JSON.stringify({ lines: n }));
  end(stopped ? 143 : order.exitCode, `${n} lines`, { lines: n });
} else if (order.mode === 'stubborn') {
  process.on('SIGTERM', () => console.log('no'));
  for (;;) await delay(1000);
} else if (order.mode === 'listen') {
  process.on('SIGTERM', () => process.exit(0));
  createServer((socket) => socket.end('NEIGHBOUR')).listen(order.port, '0.0.0.0', () => console.log('listening'));
} else {
  for (const name of order.names ?? [])
    console.log(JSON.stringify({ target: name, result: await resolveName(name).catch((error) => error.code) }));
  for (const target of order.targets) console.log(JSON.stringify({ target, result: await probe(target) }));
  end(0, 'probed');
  // Look-ups that hang would keep the process alive.
  process.exit();
}

/** An address for a name, a name for an address. */
async function resolveName(name) {
  const answer = /^[\d.]+$/.test(name) ? (await reverse(name)).join() : (await lookup(name)).address;
  return `means ${answer}`;
}

/** What comes back from there: an accepted connection alone proves nothing, networks have transparent gateways. */
function probe(target) {
  const at = target.lastIndexOf(':');
  const answer = new Promise((resolve) => {
    const socket = connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)) });
    socket.once('connect', () => socket.write('GET /version HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n'));
    socket.once('data', (data) => resolve(data.toString().slice(0, 1000)));
    socket.once('error', (error) => resolve(error.code));
    socket.once('close', () => resolve('closed'));
  });
  return Promise.race([answer, delay(3000).then(() => 'silent')]);
}
