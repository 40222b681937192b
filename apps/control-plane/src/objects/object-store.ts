import type { Readable } from 'node:stream';

/**
 * Where logs and artifacts lie, which are large and never change: a folder, or a bucket of S3. Keys are paths of our own
 * making (`runs/<run id>/…`); the database knows which there are. Throws OBJECT_STORE_UNREACHABLE.
 */
export interface ObjectStore extends Disposable {
  /** For people: what it is and where. */
  readonly place: string;
  /** All or nothing; replaces what is there. */
  put(key: string, content: Uint8Array): Promise<void>;
  /** Throws OBJECT_MISSING. */
  get(key: string): Promise<Readable>;
  /** This key, or with "/" at its end all keys below. Answers with how many there were; none is fine. */
  remove(keyOrFolder: string): Promise<number>;
}
