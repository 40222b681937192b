import type { RunId, RunStreamEvent } from '@bigeye/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChangeFeed, RunChange } from '../db/change-feed.ts';
import { securityHeadersOf } from '../http/security-headers.ts';
import type { RunStore } from './run-store.ts';

const keepAliveEveryMs = 15_000;
/** What is taken from somebody ends their streams within two of these. */
const judgeEveryMs = 1_000;
const lastWordsMs = 500;
/** Of events that a client did not take yet. */
const longestBacklog = 4 * 1024 * 1024;
/** Changes that come closer together than this are told as one. */
const gatherMs = 50;

interface Listening {
  request: FastifyRequest;
  reply: FastifyReply;
  isStillAllowed: () => Promise<boolean>;
}

/**
 * Server-sent events of one run: all it is now, then each change, until the client goes or may no longer ask. Throws
 * RUN_NOT_FOUND.
 */
export async function streamRunEvents(
  { runStore, changes }: { runStore: RunStore; changes: ChangeFeed },
  runId: RunId,
  { request, reply, isStillAllowed }: Listening,
): Promise<undefined> {
  await runStore.getRun(runId);
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    ...securityHeadersOf(request),
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });

  const all: RunChange['what'][] = ['run', 'timeline', 'log'];
  let pending = new Set<RunChange['what']>(all);
  let timer: NodeJS.Timeout | undefined;
  let telling = Promise.resolve();

  const end = () => {
    out.end();
    // What it has not read by then it does not get.
    setTimeout(() => out.destroy(), lastWordsMs).unref();
  };
  const send = ({ event, data }: RunStreamEvent) => {
    if (out.writableEnded) return;
    if (out.writableLength > longestBacklog) end();
    else out.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const tell = async () => {
    timer = undefined;
    const what = pending;
    pending = new Set();
    const run = await runStore.getRun(runId);
    if (what.has('timeline')) send({ event: 'timeline', data: await runStore.listTimeline(runId) });
    if (what.has('run')) send({ event: 'run', data: run });
    if (what.has('log')) send({ event: 'log', data: { lines: run.logLines } });
  };
  const schedule = (what: RunChange['what'][]) => {
    for (const one of what) pending.add(one);
    timer ??= setTimeout(() => {
      // A run that was deleted meanwhile ends its stream; the client's next read says so.
      telling = telling.then(tell).catch(end);
    }, gatherMs);
  };

  const subscription = changes.subscribe({
    onChange: (change) => {
      if ('runId' in change && change.runId === runId) schedule([change.what]);
    },
    onGap: () => schedule(all),
  });
  // Asked, not told: a key, session or user can be taken away by any process on the same database.
  const judging = setInterval(async () => {
    if (!out.writableEnded && !(await isStillAllowed())) end();
  }, judgeEveryMs);
  const keepAlive = setInterval(() => out.writableEnded || out.write(': still here\n\n'), keepAliveEveryMs);
  out.once('close', () => {
    clearInterval(judging);
    clearInterval(keepAlive);
    clearTimeout(timer);
    subscription[Symbol.dispose]();
  });
  schedule(all);
}
