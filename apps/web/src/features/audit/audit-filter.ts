import type { AuditListFilter } from './api.ts';

export const periods = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
} as const;
export type Period = keyof typeof periods;

const hourMs = 60 * 60 * 1000;
const periodMs: Record<Period, number> = { '1h': hourMs, '24h': 24 * hourMs, '7d': 168 * hourMs, '30d': 720 * hourMs };

export const outcomes = ['done', 'refused'] as const;

/** The filter of the audit log as the address carries it: `/settings/audit?who=ann&what=createUser&outcome=refused&when=7d`. */
export interface AuditFilter {
  who?: string;
  what?: string;
  outcome?: (typeof outcomes)[number];
  when?: Period;
}

/** From an address that anybody may have typed: what is not valid is left out. */
export function auditFilterOf(search: Record<string, unknown>): AuditFilter {
  const { who, what } = search;
  const outcome = outcomes.find((one) => one === search.outcome);
  const when = (Object.keys(periods) as Period[]).find((one) => one === search.when);
  return {
    ...(typeof who === 'string' && who !== '' && who.length <= 256 && { who }),
    ...(typeof what === 'string' && /^[A-Za-z]{1,64}$/.test(what) && { what }),
    ...(outcome && { outcome }),
    ...(when && { when }),
  };
}

export const toAuditListFilter = ({ who, what, outcome, when }: AuditFilter, now: Date): AuditListFilter => ({
  ...(who !== undefined && { actor: who }),
  ...(what !== undefined && { action: what }),
  ...(outcome && { refused: String(outcome === 'refused') }),
  ...(when && { from: new Date(now.getTime() - periodMs[when]).toISOString() }),
});
