import type { PersistentAgentDescriptor } from './agent-descriptor.ts';

export const crossSource = {
  kind: 'persistent',
  name: 'Cross-Source',
  does: 'compares data between sources',
  image: null,
} as const satisfies PersistentAgentDescriptor;
