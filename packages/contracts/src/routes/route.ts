import { z } from 'zod';
import type { Role } from '../access.ts';
import type { ErrorCode } from '../app-error.ts';
import { RunId } from '../ids.ts';

/**
 * Who may call a route. `role`: the least role of a personal key or session. `agentKey`: an agent API key may too.
 * `registrationKey`: a registration key that is still good, and nothing else; such a key opens no other route.
 * `certificate`: only the host named by the client certificate, on the host listener.
 */
export type Access =
  | { kind: 'public' }
  | { kind: 'role'; role: Role; agentKey?: true }
  | { kind: 'agentKey' }
  | { kind: 'registrationKey' }
  | { kind: 'certificate' };

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  tag: string;
  summary: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** By their names in lower case; those that are not named here are not the route's. */
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** Bytes of a JSON body, where 1 MiB is not enough. */
  bodyLimit?: number;
  /** Raw request bytes instead of JSON, at most this many. */
  rawBodyLimit?: number;
  /** What the raw bytes are, for the documentation: the gzip of this as JSON. */
  rawBodyIsGzipOf?: z.ZodType;
  /** `null`: 204 without a body. */
  response: z.ZodType | null;
  /** Set where the answer is not JSON. */
  contentType?:
    | 'text/event-stream'
    | 'text/plain; charset=utf-8'
    | 'text/html; charset=utf-8'
    | 'application/octet-stream'
    | 'application/x-ndjson';
  /** The answer is no body but the address of a 303. */
  redirects?: true;
  /** A page of the UI, for routes that a browser visits by itself: it is led there with the code of the error. */
  errorPage?: string;
  /**
   * Every route but GET is audited with its params. Here stand the fields of the body that are kept beside them, none of
   * them a secret; a GET that has it changes something and is audited too. false: not audited, for what hosts report of
   * their work.
   */
  audit?: readonly string[] | false;
  errors: readonly ErrorCode[];
}

export const isAudited = ({ method, audit }: Route): boolean =>
  method === 'GET' ? Array.isArray(audit) : audit !== false;

export const route = <const R extends Route>(definition: R): R => definition;
export const atLeast = (role: Role) => ({ kind: 'role', role }) as const;
export const certificate = { kind: 'certificate' } as const;
export const base = '/api/v1/agent-orchestrator';
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
export const pageQuery = {
  cursor: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};
export const runParams = z.object({ runId: RunId });
export const artifactParams = z.object({ runId: RunId, name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });
