/** Our keys wherever they stand in a text, and anything else as long and as random as a token. */
const secrets = /bigeye_(?:pak|agent|reg)_[A-Za-z0-9]+|[A-Za-z0-9_-]{40,}/g;

/** For addresses and messages that go into answers and logs. */
export const withoutSecrets = (text: string): string => text.replace(secrets, '…');
