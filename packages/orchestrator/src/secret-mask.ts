/** Shorter values would also hit innocent words, and hide nothing that could not be guessed. */
const shortestSecret = 4;

/** Replaces every known secret value in a text, also as it stands in JSON or in a URL. */
export function createSecretMask(secrets: string[]): (text: string) => string {
  const forms = new Set(
    secrets
      .filter((secret) => secret.length >= shortestSecret)
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]),
  );
  // The longest first, in case one secret is the beginning of another.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((masked, form) => masked.replaceAll(form, '***'), text);
}
