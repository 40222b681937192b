import type { Config } from './config.ts';
import { endpointJudge } from './endpoints.ts';
import { Refusal } from './refusal.ts';
import { Sources } from './sources.ts';

/** Says how the guard would decide a request, and by which rule; the daemon is not asked, so ownership stays open. */
export function explain(config: Config, method: string, target: string, body: Buffer): object {
  const headers = new Map(body.length > 0 ? [['content-type', 'application/json']] : []);
  const head = { method, target, headers, bodyLength: body.length };
  try {
    const { container, path, query, body: forwarded, sources } = endpointJudge(config.policy, config.owner)(head)(body);
    new Sources(config.policy).judge(sources, 'create.HostConfig.Mounts.Source');
    const rule = container === undefined ? 'positive-list' : 'positive-list, if the container is ours';
    return { verdict: 'allow', rule, forwarded: { method, path, query, body: forwarded }, policy: config.fingerprint };
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    const { rule, message, status } = cause;
    return { verdict: 'deny', rule, message, status, policy: config.fingerprint };
  }
}
