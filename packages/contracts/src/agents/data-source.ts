import type { PersistentAgentDescriptor } from './agent-descriptor.ts';

export const dataSource = {
  kind: 'persistent',
  name: 'Data Source',
  does: 'connects to the warehouses of its network and measures what it is asked for',
  image: null,
} as const satisfies PersistentAgentDescriptor;
