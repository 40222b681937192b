import type { ConnectorDescriptor } from './connector-descriptor.ts';

export const postgres = {
  name: 'PostgreSQL',
  kind: 'database',
  asksFor: 'host, database, user and password',
  fields: {
    host: {
      type: 'text',
      question: 'Host, as the agent reaches it',
      help: 'as the agent reaches it from its container',
    },
    port: { type: 'text', help: 'default 5432' },
    database: { type: 'text', question: 'Database' },
    username: { type: 'text', question: 'User name' },
    password: { type: 'secret', question: 'Password' },
    sslmode: { type: 'text', help: 'disable, prefer, require, verify-ca or verify-full' },
    schemas: { type: 'list', help: 'only these' },
  },
} as const satisfies ConnectorDescriptor;
