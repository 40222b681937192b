import { type LineageNeighbourhood, lineageLimits, plural } from '@bigeye/contracts';
import type { LineageModel } from './lineage-model.ts';

/** How much of the lineage is drawn, and what is not. */
export function summaryOf({ tables }: LineageModel, leftOut: LineageNeighbourhood['leftOut']): string {
  const all = [...tables.values()];
  const folded = all.filter(({ table }) => table.upstream.leftOut + table.downstream.leftOut > 0).length;
  const said = [plural(tables.size, 'table')];
  if (folded > 0) said.push(`more folded at ${folded} of them`);
  if (leftOut.pathColumns > 0) said.push(`${plural(leftOut.pathColumns, 'more column')} on the path not shown`);
  if (leftOut.edges > 0) said.push(`${plural(leftOut.edges, 'edge')} not drawn`);
  if (tables.size >= lineageLimits.neighbourhood.tables)
    said.push('no more are drawn at once: put another in the middle');
  return said.join(' · ');
}
