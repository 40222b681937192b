import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '@bigeye/contracts';
import type { ObjectStore } from './object-store.ts';

interface Bucket {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  /** Of a server that speaks S3 but is not Amazon's. */
  endpoint: string | undefined;
  region: string | undefined;
}

/** Objects in a bucket of S3, or of a server that speaks the same protocol (MinIO, Ceph, …). */
export function createS3Objects({ bucket, prefix, endpoint, region }: Bucket): ObjectStore {
  const place = `s3://${bucket}${prefix && `/${prefix}`}`;
  const client = new S3Client({
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(region || endpoint ? { region: region ?? 'us-east-1' } : {}),
    // Other servers do not know the checksums that Amazon added later.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const nameOf = (key: string): string => (prefix ? `${prefix}/${key}` : key);
  const reach = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (cause) {
      const { name, message } = cause as Error;
      throw new AppError('OBJECT_STORE_UNREACHABLE', { place, reason: message || name }, { cause });
    }
  };
  return {
    place,
    put: (key, content) =>
      reach(async () => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: nameOf(key), Body: content }));
      }),
    get: async (key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: nameOf(key) }));
        // In Node the body is a stream of it.
        return Body as unknown as Readable;
      } catch (cause) {
        if (cause instanceof NoSuchKey) throw new AppError('OBJECT_MISSING', { place, key }, { cause });
        return await reach(() => Promise.reject(cause));
      }
    },
    remove: (keyOrFolder) =>
      reach(async () => {
        if (!keyOrFolder.endsWith('/')) {
          await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: nameOf(keyOrFolder) }));
          return 1;
        }
        let deleted = 0;
        for (;;) {
          const { Contents: found = [] } = await client.send(
            new ListObjectsV2Command({ Bucket: bucket, Prefix: nameOf(keyOrFolder) }),
          );
          if (found.length === 0) return deleted;
          const { Errors: errors = [] } = await client.send(
            new DeleteObjectsCommand({
              Bucket: bucket,
              Delete: { Objects: found.map(({ Key }) => ({ Key: Key ?? '' })), Quiet: true },
            }),
          );
          if (errors.length > 0) throw new Error(`${errors[0]?.Key}: ${errors[0]?.Message}`);
          deleted += found.length;
        }
      }),
    [Symbol.dispose]: () => client.destroy(),
  };
}
