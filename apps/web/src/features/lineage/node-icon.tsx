import type { LineageNode } from '@bigeye/contracts';
import { Icon } from '../../components/icon.tsx';

export function NodeIcon({ type }: { type: LineageNode['type'] }) {
  if (type === 'COLUMN') return <Icon name="column" size={14} />;
  return <Icon name={type === 'TABLE' ? 'table' : 'view'} size={14} />;
}
