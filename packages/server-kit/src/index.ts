export * from './child-server.ts';
export * from './listening.ts';
export * from './own-user.ts';
export * from './postgres-cluster.ts';
export * from './postgres-programs.ts';
export * from './start-postgres.ts';
