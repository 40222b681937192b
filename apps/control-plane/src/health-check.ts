import { get } from 'node:http';

// Started every few seconds for as long as the container lives, so it loads nothing of the program.
const [url = 'http://127.0.0.1:7704/healthz'] = process.argv.slice(2);

const request = get(url, { timeout: 4_000 }, (reply) => {
  // What is missing, for whoever asks the engine why.
  reply.pipe(process.stdout);
  process.exitCode = reply.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error(`no answer from ${url} within 4 s`)));
request.on('error', (error) => {
  console.log(error.message);
  process.exitCode = 1;
});
