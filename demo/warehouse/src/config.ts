/** Where the demo warehouse listens. */
export interface WarehouseConfig {
  readonly host: string;
  readonly port: number;
}

/** Reads PORT from the environment (default 5432). Throws when it is no port. */
export function loadWarehouseConfig(): WarehouseConfig {
  const port = Number(process.env.PORT ?? '5432');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be a number from 0 to 65535.');
  return { host: '0.0.0.0', port };
}
