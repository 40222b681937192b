import type { ErrorCode, Route } from '@bigeye/contracts';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.ts';

/** What a handler tells about a request beside what the routes table says already. */
export interface RequestNote {
  /** Who it turned out to be, where the request itself did not say. */
  caller?: Caller;
  /** Who somebody says to be without proof. */
  claimedName?: string;
  details: Record<string, string>;
}

/** What there is to say of a request that is over. */
export interface FinishedRequest {
  name: string;
  route: Route;
  request: FastifyRequest;
  caller: Caller | undefined;
  note: RequestNote;
  /** As the schema parsed it; undefined where it was not valid. */
  body: unknown;
  status: number;
  errorCode?: ErrorCode;
  answer?: unknown;
}

/** Sees every request of a mounted route; the audit log is one. */
export interface RequestWatch {
  /** Before the handler. What it throws is the answer: a change that cannot be written down does not happen. */
  before(route: Route): Promise<void>;
  /** After the handler, whether it threw or not. */
  after(call: FinishedRequest): Promise<void>;
  /** A known caller without the right. The answer stays a refusal, so this never throws. */
  refused(call: FinishedRequest): Promise<void>;
}
