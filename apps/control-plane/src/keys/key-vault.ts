/** The secrets of an installation. A name is the name of its file where they lie in a folder. */
export type KeyName = 'ca_key.pem' | 'ca_certificate.pem' | 'bigeye_private_key.pem' | 'task_token_key';

/** Where the keys of an installation lie, which all its processes share: a folder, or the database, sealed. */
export interface KeyVault {
  /** Undefined where there is none. Throws KEY_VAULT_LOCKED. */
  read(name: KeyName): Promise<string | undefined>;
  /** Keeps `text` unless there is one already, and gives the one that is there: of processes that start at once one makes it. */
  keepFirst(name: KeyName, text: string): Promise<string>;
}
