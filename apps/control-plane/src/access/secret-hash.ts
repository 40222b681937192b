import { createHash } from 'node:crypto';

/**
 * How keys, session tokens and tokens of links are stored and found. 256 bits of randomness need no slow hash: nobody
 * guesses them. Looking the hash up tells by its time about hashes only, and no hash leads back to a secret.
 */
export const secretHashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
