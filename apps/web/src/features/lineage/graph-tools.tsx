import { ActionIcon, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useReactFlow } from '@xyflow/react';
import { type RefObject, useState } from 'react';
import { Icon, type IconName } from '../../components/icon.tsx';
import { FindInGraph } from './find-in-graph.tsx';
import styles from './lineage-graph.module.css';
import { type LineageModel, tableIdOf } from './lineage-model.ts';
import { Overview } from './overview.tsx';
import type { Arranged } from './use-positions.ts';

interface Props {
  model: LineageModel;
  arranged: Arranged | undefined;
  pane: RefObject<HTMLElement | null>;
  /** A table, or all of them. */
  show: (tableId?: number) => void;
  choose: (id: number) => void;
  focus: (tableId: number) => void;
}

/** Below this width of the window there is no room for an overview beside the graph. */
const roomForMap = '(min-width: 700px)';

export function GraphTools({ model, arranged, pane, show, choose, focus }: Props) {
  const flow = useReactFlow();
  const hasRoom = useMediaQuery(roomForMap, undefined, { getInitialValueInEffect: false });
  const [wantsMap, setWantsMap] = useState<boolean>();
  const hasMap = wantsMap ?? hasRoom ?? false;
  const tools: [IconName, string, () => void][] = [
    ['lineage', 'Back to the start', () => show(model.rootId)],
    ['minus', 'Zoom out', () => void flow.zoomOut()],
    ['plus', 'Zoom in', () => void flow.zoomIn()],
    ['fit', 'Show all', () => show()],
  ];
  return (
    <>
      <FindInGraph
        model={model}
        choose={(id) => {
          const tableId = tableIdOf(model, id) ?? id;
          if (id !== tableId) choose(id);
          show(tableId);
          focus(tableId);
        }}
      />
      {hasMap && arranged && <Overview arranged={arranged} pane={pane} />}
      <div className={styles.tools}>
        {tools.map(([icon, label, act]) => (
          <Tooltip key={label} label={label}>
            <ActionIcon color="gray" aria-label={label} onClick={act}>
              <Icon name={icon} />
            </ActionIcon>
          </Tooltip>
        ))}
        <Tooltip label="Overview">
          <ActionIcon color="gray" aria-label="Overview" aria-pressed={hasMap} onClick={() => setWantsMap(!hasMap)}>
            <Icon name="view" />
          </ActionIcon>
        </Tooltip>
      </div>
    </>
  );
}
