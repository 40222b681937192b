import type { LineageNode } from '@bigeye/contracts';
import { Icon } from '../../components/icon.tsx';

export type NodeType = LineageNode['type'];

export function NodeIcon({ type }: { type: NodeType }) {
  if (type === 'COLUMN') return <Icon name="column" size={14} />;
  return <Icon name={type === 'TABLE' ? 'table' : 'view'} size={14} />;
}
