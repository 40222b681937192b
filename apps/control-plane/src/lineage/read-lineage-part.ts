import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError, LineageSyncPart, lineageLimits } from '@bigeye/contracts';

const unpack = promisify(gunzip);

/**
 * Whether these bytes are the part of that digest; its size unpacked. Never unpacks more than a part may have. Throws
 * LINEAGE_PART_INVALID, and INVALID_INPUT for JSON that is no part.
 */
export async function checkLineagePart(digest: string, content: Uint8Array): Promise<{ bytes: number }> {
  const json = await unpack(content, { maxOutputLength: lineageLimits.partBytes }).catch((cause: unknown) => {
    const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    const reason = isTooLarge ? `it has more than ${lineageLimits.partBytes} bytes unpacked` : 'it is no gzip';
    throw new AppError('LINEAGE_PART_INVALID', { reason }, { cause });
  });
  if (createHash('sha256').update(json).digest('hex') !== digest)
    throw new AppError('LINEAGE_PART_INVALID', { reason: 'its SHA-256 is another one' });
  const parsed = LineageSyncPart.safeParse(parseJson(json));
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.') || 'body', message }));
    throw new AppError('INVALID_INPUT', { issues: issues.slice(0, 20) });
  }
  return { bytes: json.length };
}

/** A part that was checked when it came. */
export async function readLineagePart(content: Uint8Array): Promise<LineageSyncPart> {
  return LineageSyncPart.parse(parseJson(await unpack(content)));
}

function parseJson(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new AppError('LINEAGE_PART_INVALID', { reason: 'it is no JSON' }, { cause });
  }
}
