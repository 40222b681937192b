/** What sort of source it leads to. An agent type says which sorts it reads, so neither list has to name the other's. */
export type ConnectorKind = 'database';

/** One value of a connection. Its key is the key in `bigeye_agent.yml`, and with dashes the flag of `add-connector`. */
export interface ConnectorField {
  /** `list`: several values, separated by commas on the command line. `secret`: never shown, may come from a file. */
  type: 'text' | 'secret' | 'list';
  /** Asked for where its flag is missing. Without a question it may be left out. */
  question?: string;
  /** In the help of the flag. */
  help?: string;
}

/** How people and the CLI speak of a connector. What a connection must look like is known on hosts only. */
export interface ConnectorDescriptor {
  name: string;
  kind: ConnectorKind;
  /** What `add-connector` asks for, as the end of the sentence "It asks for …". */
  asksFor: string;
  /** Beside `name`, which every connection has. In the order in which they are asked for. */
  fields: Record<string, ConnectorField>;
}
