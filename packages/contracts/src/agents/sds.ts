import type { PersistentAgentDescriptor } from './agent-descriptor.ts';

export const sds = {
  kind: 'persistent',
  name: 'Sensitive Data Scanning',
  does: 'finds personal and other sensitive data in sources',
  image: null,
} as const satisfies PersistentAgentDescriptor;
