export * from './create-id.ts';
export * from './failures.ts';
export * from './http-transport.ts';
export * from './lifecycle.ts';
export * from './load-config.ts';
export * from './logger.ts';
