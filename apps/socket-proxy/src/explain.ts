import type { Config } from './config.ts';
import { endpointJudge } from './endpoints.ts';
import { Refusal } from './refusal.ts';

/** Says how the guard would decide a request, and by which rule; the daemon is not asked, so ownership stays open. */
export function explain(config: Config, method: string, target: string, body: Buffer): object {
  const type: [string, string][] = body.length > 0 ? [['content-type', 'application/json']] : [];
  const headers = new Map(type);
  try {
    const permit = endpointJudge(config.policy, config.owner)({ method, target, headers, bodyLength: body.length })(
      body,
    );
    const rule = permit.container === undefined ? 'positive-list' : 'positive-list, if the container is ours';
    const { endpoint, path, query, body: forwarded } = permit;
    return {
      verdict: 'allow',
      rule,
      endpoint,
      forwarded: { method, path, query, body: forwarded },
      policy: config.fingerprint,
    };
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    return {
      verdict: 'deny',
      rule: cause.rule,
      message: cause.message,
      status: cause.status,
      policy: config.fingerprint,
    };
  }
}
