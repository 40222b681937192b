import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';

export const flowLifetimeSeconds = 10 * 60;

const Flow = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() });
const SealedFlow = Flow.extend({ until: z.number() });
export type Flow = z.infer<typeof Flow>;

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * What a sign-in must remember while the browser is at the provider goes with the browser: nobody else can begin or
 * fill anything here. The key comes from the client secret, so every API process has it, and a restart does not matter.
 */
export function createFlowSeal(clientSecret: string) {
  const key = Buffer.from(hkdfSync('sha256', clientSecret, '', 'bigeye oidc flow 1', 32));
  return {
    seal: (flow: Flow): string => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv);
      const text = JSON.stringify({ ...flow, until: Date.now() + flowLifetimeSeconds * 1000 });
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    /** Undefined for one that is too old, or that we did not make. */
    open: (sealed = ''): Flow | undefined => {
      try {
        const bytes = Buffer.from(sealed, 'base64url');
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
        const flow = SealedFlow.parse(JSON.parse(text.toString()));
        return flow.until > Date.now() ? flow : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
