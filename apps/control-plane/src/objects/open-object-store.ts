import { AppError } from '@bigeye/contracts';
import { createFolderObjects } from './folder-objects.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * `place`: `file:///folder`, or `s3://bucket/prefix` with `?endpoint=…` and `&region=…` where it is not Amazon's own.
 * Credentials of S3 come the way the AWS SDK finds them (environment, profile, the machine's role).
 * Throws CONFIG_INVALID.
 */
export async function openObjectStore(place: string): Promise<ObjectStore> {
  const url = URL.parse(place);
  if (url?.protocol === 'file:') return createFolderObjects(decodeURIComponent(url.pathname));
  if (url?.protocol === 's3:' && url.hostname !== '') {
    // Large, and of no use to most.
    const { createS3Objects } = await import('./s3-objects.ts');
    return createS3Objects({
      bucket: url.hostname,
      prefix: decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, ''),
      endpoint: url.searchParams.get('endpoint') ?? undefined,
      region: url.searchParams.get('region') ?? undefined,
    });
  }
  throw new AppError('CONFIG_INVALID', {
    program: 'control-plane',
    problems: [`OBJECT_STORE: "${place}" is neither file:///folder nor s3://bucket/prefix`],
  });
}
