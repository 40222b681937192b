import type { LineageNode } from '@bigeye/contracts';
import { Loader, NumberInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState, ErrorNotice } from '../../components/notice.tsx';
import { searchQuery, useLineage } from './api.ts';
import { LineageGraphView } from './lineage-graph.tsx';
import { isTable, tableIdOf } from './lineage-model.ts';
import styles from './lineage-page.module.css';
import { LineagePanel } from './lineage-panel.tsx';
import { deepest, defaultDepth, type LineagePlace, toggleOpen } from './lineage-place.ts';
import { LineageSearch } from './lineage-search.tsx';

const route = getRouteApi('/shell/lineage');

export function LineagePage() {
  const place = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: LineagePlace) => void navigate({ search: next });
  // A column is chosen at once; a table is only drawn, so that its columns can be looked over.
  const choose = (node: LineageNode) =>
    go(isTable(node) ? { node: node.id } : { node: node.containerId ?? node.id, at: node.id });
  if (place.node === undefined) return <Beginning choose={choose} />;
  return <Place key={place.node} place={place} go={go} search={choose} />;
}

function Beginning({ choose }: { choose: (node: LineageNode) => void }) {
  const anything = useQuery(searchQuery(''));
  useTitle('Lineage');
  if (anything.data?.length === 0)
    return (
      <EmptyState
        title="No lineage yet"
        text="A Lineage Plus run reads the views of a database and delivers where each of their columns comes from."
      >
        <LinkButton to="/jobs/new">Create a Lineage Plus job</LinkButton>
      </EmptyState>
    );
  return (
    <div className={styles.beginning}>
      <h1>Where does a column come from?</h1>
      <p>
        Find a table or a column by any part of its name; then follow it up to its sources and down to what it feeds.
      </p>
      {anything.error && !anything.data && (
        <div className={styles.notice}>
          <ErrorNotice error={anything.error} retry={() => void anything.refetch()} />
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
  const { rootId, model, shown, error, isPending, retry } = useLineage(place);
  const root = model.nodes.get(rootId ?? 0);
  // A link may name a column itself.
  const chosen = model.nodes.get(place.at ?? (place.node !== rootId ? (place.node ?? 0) : 0));
  useTitle(chosen?.path ?? root?.path ?? 'Lineage');
  const { at: _, ...unchosen } = place;
  // What is named in the panel may lie beyond what is drawn; then it becomes the new middle.
  const placeOf = (id: number): LineagePlace => {
    const tableId = tableIdOf(model, id);
    return tableId === undefined || shown.has(tableId) ? { ...place, at: id } : { node: tableId, at: id };
  };
  return (
    <div className={styles.place}>
      <div className={styles.bar}>
        <LineageSearch choose={search} size="sm" />
        <h1 className={styles.root}>{root?.path}</h1>
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
        <div className={styles.canvas}>
          {error && (
            <div className={styles.fault}>
              <ErrorNotice error={error} retry={retry} />
            </div>
          )}
          {isPending && (
            <div className={styles.waiting} role="status" aria-label="Reading the lineage">
              <Loader color="gray" size="sm" />
            </div>
          )}
          {rootId !== undefined && shown.size > 0 && (
            <LineageGraphView
              model={model}
              rootId={rootId}
              shown={shown}
              open={place.open ?? []}
              chosen={chosen?.id}
              choose={(id) => go(id === place.at ? unchosen : { ...place, at: id })}
              toggle={(tableId, way) => go({ ...place, open: toggleOpen(place.open, tableId, way) })}
            />
          )}
        </div>
        {chosen && (
          <LineagePanel
            model={model}
            node={chosen}
            choose={(id) => go(placeOf(id))}
            close={() => go(place.at === undefined && rootId !== undefined ? { ...place, node: rootId } : unchosen)}
          />
        )}
      </div>
    </div>
  );
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Agent Orchestrator`;
  }, [title]);
}
