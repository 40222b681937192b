const mask = '******';
// Shorter values would blot out ordinary words of every message and hide nothing that cannot be guessed.
const shortestSecret = 4;

/** Replaces known secret values wherever they appear in text, plain or percent-encoded. */
export class SecretMasker {
  #secrets: string[] = [];

  /** Makes a value known; empty and very short values (under 4 characters) are not masked. */
  add(secret: string): void {
    if (secret.length < shortestSecret) return;
    const forms = new Set([...this.#secrets, secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
    // Longest first, so that a secret containing another leaves no rest behind.
    this.#secrets = [...forms].sort((a, b) => b.length - a.length);
  }

  mask(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, mask), text);
  }
}
