import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { AgentFailure } from './agent-failure.ts';

/**
 * A text file written piece by piece in bounded memory. It gets its name on `commit`; without, nothing of it is left when it
 * is disposed. Throws AgentFailure `usage` where the folder cannot be written or the disk is full.
 */
export class LineFile implements AsyncDisposable {
  readonly #path: string;
  readonly #stream: WriteStream;
  #pending = '';
  #failure: Error | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#stream = createWriteStream(this.partPath);
    // Without a listener, an error between two writes would end the process without a word.
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Where it is before it has its name. */
  get partPath(): string {
    return `${this.#path}${partSuffix}`;
  }

  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= pieceLength) await this.#flush();
  }

  /** Everything is on disk; nothing can be written any more. */
  async close(): Promise<void> {
    await this.#flush();
    await this.#attempt(async () => {
      this.#stream.end();
      await finished(this.#stream);
    });
  }

  async commit(): Promise<void> {
    await this.close();
    await rename(this.partPath, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    await finished(this.#stream).catch(() => undefined);
    await rm(this.partPath, { force: true });
  }

  async #flush(): Promise<void> {
    const piece = this.#pending;
    this.#pending = '';
    await this.#attempt(async () => {
      if (!this.#stream.write(piece)) await once(this.#stream, 'drain');
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await work();
    } catch (cause) {
      const message = `${this.partPath} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`;
      const remedy =
        'See that the folder exists, that the user of the agent may write there, and that the disk has room.';
      throw new AgentFailure('usage', message, remedy, { cause });
    }
  }
}

/** Lines are short, and each write costs as much as thousands of characters. */
const pieceLength = 64 * 1024;

/** What is not finished yet ends with this. */
export const partSuffix = '.part';
