import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';

/**
 * A text file written piece by piece in bounded memory. It gets its name on `commit`; without, nothing of it is left when it
 * is disposed.
 */
export class LineFile implements AsyncDisposable {
  readonly #path: string;
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#path = path;
    this.#stream = createWriteStream(this.partPath);
  }

  /** Where it is before it has its name. */
  get partPath(): string {
    return `${this.#path}${partSuffix}`;
  }

  async write(text: string): Promise<void> {
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }

  /** Everything is on disk; nothing can be written any more. */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
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
}

/** What is not finished yet ends with this. */
export const partSuffix = '.part';
