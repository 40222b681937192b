import { createSecretMask } from '@bigeye/contracts';

/** Hides the secrets that an agent knows in what it prints and leaves: see `createSecretMask` for which and where. */
export class SecretMasker {
  #secrets: string[] = [];
  #mask = createSecretMask([]);

  /** Makes a value known. */
  add(secret: string): void {
    this.#secrets.push(secret);
    this.#mask = createSecretMask(this.#secrets);
  }

  mask(text: string): string {
    return this.#mask.mask(text);
  }
}
