import { agentTypes, type LineageNode } from '@bigeye/contracts';
import { Loader, NumberInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { ReadTrouble } from '../../components/page.tsx';
import { isMissing, troubleOf } from '../../lib/read.ts';
import { neighbourhoodQuery, searchQuery } from './api.ts';
import { createLayoutEngine, type LayoutEngine } from './layout-engine.ts';
import { LineageGraphView } from './lineage-graph.tsx';
import { type LineageModel, tableIdOf } from './lineage-model.ts';
import styles from './lineage-page.module.css';
import { LineagePanel } from './lineage-panel.tsx';
import { deepest, defaultDepth, type LineagePlace, toggled } from './lineage-place.ts';
import { LineageSearch } from './lineage-search.tsx';
import { summaryOf } from './lineage-summary.ts';
import type { ChosenNode } from './lineage-words.ts';

const { name: agentName, does } = agentTypes.LINEAGE_PLUS;
const route = getRouteApi('/shell/lineage');

export function LineagePage() {
  const place = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: LineagePlace) => void navigate({ search: next });
  // A column is chosen at once; a table is opened, so that its columns can be looked over.
  const choose = ({ id, type, containerId }: LineageNode) =>
    go(type === 'COLUMN' ? { node: containerId ?? id, at: id } : { node: id, opened: [id] });
  if (place.node === undefined) return <Beginning choose={choose} />;
  return <Place place={place} go={go} search={choose} />;
}

function Beginning({ choose }: { choose: (node: LineageNode) => void }) {
  const anything = useQuery(searchQuery(''));
  useTitle('Lineage');
  if (anything.data?.length === 0)
    return (
      <EmptyState title="No lineage yet" text={`A run of ${agentName} ${does}.`}>
        <LinkButton to="/jobs/new">Create a {agentName} job</LinkButton>
      </EmptyState>
    );
  return (
    <div className={styles.beginning}>
      <h1>Where does a column come from?</h1>
      <p>
        Find a table or a column by any part of its name; then follow it up to its sources and down to what it feeds.
      </p>
      {isMissing(anything) && (
        <div className={styles.notice}>
          <ReadTrouble reads={[anything]} />
        </div>
      )}
      <LineageSearch choose={choose} size="md" />
    </div>
  );
}

interface PlaceProps {
  place: LineagePlace;
  go: (place: LineagePlace) => void;
  search: (node: LineageNode) => void;
}

function Place({ place, go, search }: PlaceProps) {
  const around = useQuery(neighbourhoodQuery(place));
  const engine = useLayoutEngine();
  const { model, leftOut } = around.data ?? {};
  const root = model?.tables.get(model.rootId)?.table;
  const chosen = model && chosenOf(model, place);
  useTitle(chosen?.path ?? root?.path ?? 'Lineage');
  // The table that was last acted on; what is new is shown around it.
  const anchor = useRef(0);
  const choose = (id: number, isColumn: boolean) => {
    const { at: _, table: __, ...unchosen } = place;
    if (isColumn) return go({ ...unchosen, at: id });
    const isShown = model?.tables.has(id);
    go({ ...unchosen, table: id, ...(isShown ? {} : { with: toggled(place.with, id) }) });
  };
  const close = () => {
    const { at: _, table: __, ...unchosen } = place;
    // A link may name a column itself.
    go(model ? { ...unchosen, node: model.rootId } : unchosen);
  };
  return (
    <div className={styles.place}>
      <div className={styles.bar}>
        <LineageSearch choose={search} size="sm" />
        <div className={styles.root}>
          <h1>{root?.path}</h1>
          <small role="status">{model && leftOut && summaryOf(model, leftOut)}</small>
        </div>
        <NumberInput
          size="xs"
          className={styles.depth ?? ''}
          aria-label="Steps around it"
          prefix="Steps: "
          min={1}
          max={deepest}
          clampBehavior="strict"
          allowDecimal={false}
          value={place.depth ?? defaultDepth}
          onChange={(value) => typeof value === 'number' && go({ ...place, depth: value })}
        />
      </div>
      <div className={styles.main}>
        <div className={styles.canvas} aria-busy={around.isFetching}>
          {troubleOf(around) && (
            <div className={styles.fault}>
              <ReadTrouble reads={[around]} />
            </div>
          )}
          {!model && !troubleOf(around) && (
            <div className={styles.waiting} role="status" aria-label="Reading the lineage">
              <Loader color="gray" size="sm" />
            </div>
          )}
          {model && engine && (
            <LineageGraphView
              model={model}
              place={place}
              chosen={chosen?.id}
              anchor={anchor}
              engine={engine}
              go={go}
              choose={(id) => {
                anchor.current = tableIdOf(model, id) ?? id;
                if (id === chosen?.id) close();
                else choose(id, model.columns.has(id));
              }}
            />
          )}
        </div>
        {model && chosen && (
          <LineagePanel
            key={chosen.id}
            model={model}
            chosen={chosen}
            choose={(id, type) => {
              anchor.current = tableIdOf(model, id) ?? id;
              choose(id, type === 'COLUMN');
            }}
            centre={
              chosen.tableId === model.rootId
                ? undefined
                : () =>
                    go({
                      node: chosen.tableId,
                      ...(chosen.id === chosen.tableId ? { table: chosen.id } : { at: chosen.id }),
                    })
            }
            close={close}
          />
        )}
      </div>
    </div>
  );
}

/** Lives as long as the page. */
function useLayoutEngine(): LayoutEngine | undefined {
  const [engine, setEngine] = useState<LayoutEngine>();
  useEffect(() => {
    const created = createLayoutEngine();
    setEngine(created);
    return () => created.close();
  }, []);
  return engine;
}

function chosenOf(model: LineageModel, { node = 0, at, table }: LineagePlace): ChosenNode | undefined {
  const id = at ?? table ?? (node === model.rootId ? 0 : node);
  const tableId = tableIdOf(model, id);
  const found = model.tables.get(tableId ?? 0)?.table;
  if (tableId === undefined || !found) return undefined;
  const column = model.columns.get(id);
  if (!column) return { id, tableId, name: found.name, type: found.type, path: found.path };
  const { name, dataType } = column;
  return { id, tableId, name, dataType, type: 'COLUMN', path: `${found.path}.${name}` };
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Agent Orchestrator`;
  }, [title]);
}
