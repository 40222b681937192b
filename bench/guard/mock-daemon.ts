import { createServer } from 'node:http';

/** Stands where dockerd would: small answers at once, and for logs as many MiB as `tail` says. */
const [socketPath = ''] = process.argv.slice(2);
const answers: [RegExp, number, string][] = [
  [/\/version$/, 200, JSON.stringify({ Version: '26.1.5', ApiVersion: '1.45', MinAPIVersion: '1.24', Os: 'linux' })],
  [/\/containers\/create\?/, 201, JSON.stringify({ Id: 'c'.repeat(64), Warnings: [] })],
  [/\/json$/, 200, JSON.stringify({ Id: 'a'.repeat(64), Config: { Labels: { 'com.bigeye.proxy.owner': 'bench' } } })],
];
const block = Buffer.alloc(32 * 1024, 'x');

createServer((request, response) => {
  const url = request.url ?? '';
  const blocks = (Number(/\/logs\?.*tail=(\d+)/.exec(url)?.[1] ?? 0) * 1024 * 1024) / block.length;
  request.resume();
  request.on('end', async () => {
    const [, status, body] = answers.find(([pattern]) => pattern.test(url)) ?? [null, 404, '{}'];
    if (blocks === 0) {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
      return;
    }
    for (let sent = 0; sent < blocks; sent += 1)
      if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve));
    response.end();
  });
}).listen(socketPath, () => process.stdout.write('ready\n'));
