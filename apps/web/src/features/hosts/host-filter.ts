import { HostState } from '@bigeye/contracts';
import { searchOf } from '../../lib/search-of.ts';

/** The filter of the hosts as the address carries it: `/settings/agents/hosts?state=offline&search=etl`. */
export interface HostFilter {
  search?: string;
  state?: HostState;
}

/** From an address that anybody may have typed: what is not valid is left out. */
export function hostFilterOf(given: Record<string, unknown>): HostFilter {
  const state = HostState.safeParse(given.state).data;
  const search = searchOf(given.search);
  return { ...(state && { state }), ...(search !== undefined && { search }) };
}
