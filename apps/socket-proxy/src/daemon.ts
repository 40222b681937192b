import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const SILENCE_MS = 120_000;
const FIRST_ANSWER_MS = 10_000;
const OLDEST_MINOR = 41;
const TESTED_MINOR = 44;

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** The Docker daemon behind its socket. A request consists of nothing but the values given here. */
export class Daemon {
  private readonly socketPath: string;
  private readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  private prefix = '';

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /**
   * Settles the one version under which everything is sent: 1.44, or the newest of an older engine. Throws below 1.41. A
   * daemon that does not say its version now gets 1.44, which an older one refuses.
   */
  async agreeOnVersion(): Promise<void> {
    const outgoing = this.open('GET', '/version').setTimeout(FIRST_ANSWER_MS);
    const answer = await answerTo(outgoing)
      .then(readAnswer)
      .catch(() => undefined);
    const minor = Number(/"ApiVersion":"1\.(\d{1,3})"/.exec(answer?.body.toString() ?? '')?.[1] ?? TESTED_MINOR);
    if (minor < OLDEST_MINOR)
      throw new Error(`The Docker daemon speaks API 1.${minor}; 1.${OLDEST_MINOR} is needed. Update the engine.`);
    this.prefix = `/v1.${Math.min(minor, TESTED_MINOR)}`;
  }

  /** A stream may be silent for ever, any other request for two minutes. `headers` is a flat list of names and values. */
  open(method: string, target: string, headers: string[] = [], body?: string, isStream = false): ClientRequest {
    const path = this.prefix + target;
    const length = method === 'POST' ? ['Content-Length', String(Buffer.byteLength(body ?? ''))] : [];
    const { agent, socketPath } = this;
    const options = { agent, socketPath, method, path, headers: ['Host', 'docker', ...headers, ...length] };
    const outgoing = request({ ...options, setDefaultHeaders: false, timeout: isStream ? 0 : SILENCE_MS });
    outgoing.on('timeout', () => outgoing.destroy(new Error('The daemon is silent.')));
    outgoing.end(body);
    return outgoing;
  }

  /** Sends a request and reads the whole answer. Rejects if that is longer than 16 MiB or does not come. */
  async ask(...call: Parameters<Daemon['open']>): Promise<Answer> {
    return readAnswer(await answerTo(this.open(...call)));
  }

  close(): void {
    this.agent.destroy();
  }
}

/** The answer, of which only the head is there. Rejects where none comes. */
export function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', (answer) => {
      if (Number(answer.statusCode) >= 200) resolve(answer);
      else outgoing.destroy(new Error('The daemon changes the protocol.'));
    });
    outgoing.on('error', reject);
  });
}

export function readAnswer(answer: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let room = MAX_ANSWER_BYTES;
    answer.on('data', (part: Buffer) => {
      parts.push(part);
      room -= part.length;
      if (room < 0) answer.destroy(new Error('The answer is too long.'));
    });
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
    );
  });
}
