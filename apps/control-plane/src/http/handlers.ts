import type { Readable } from 'node:stream';
import type { RouteName, Routes } from '@bigeye/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller } from './caller.ts';
import type { RequestNote } from './request-watch.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a handler gets: parsed by the schemas of its route, and who asks. */
export interface HandlerInput<Name extends RouteName> {
  params: Parsed<Routes[Name] extends { params: infer P } ? P : undefined>;
  query: Parsed<Routes[Name] extends { query: infer Q } ? Q : undefined>;
  headers: Parsed<Routes[Name] extends { headers: infer H } ? H : undefined>;
  body: Routes[Name] extends { rawBodyLimit: number }
    ? Buffer
    : Parsed<Routes[Name] extends { body: infer B } ? B : undefined>;
  caller: Caller | undefined;
  /** Whether the one who asked could ask again; for answers that go on and on. */
  isStillAllowed: () => Promise<boolean>;
  /** What the audit log should know beside caller, params and body. */
  note: RequestNote;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Nothing for 204, and from a handler that answered by itself (a stream). */
export type HandlerAnswer<Name extends RouteName> = Routes[Name]['response'] extends z.ZodType
  ? Routes[Name] extends { contentType: string }
    ? Promise<string | Buffer | Readable | undefined>
    : Promise<z.input<Routes[Name]['response']>> | z.input<Routes[Name]['response']>
  : Promise<void> | undefined;

export type Handler<Name extends RouteName> = (input: HandlerInput<Name>) => HandlerAnswer<Name>;

export type Handlers<Names extends RouteName> = { [Name in Names]: Handler<Name> };

/** What a noun's file of handlers satisfies; `roles/` joins them, and the compiler tells which route has none. */
export type SomeHandlers = Partial<Handlers<RouteName>>;
