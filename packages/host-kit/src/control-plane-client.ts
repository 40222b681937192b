import { type ApiTransport, type CallOutput, createApiClient, type RouteName, type Routes } from '@bigeye/contracts';
import type { z } from 'zod';

type PartOf<Name extends RouteName, Key extends string> =
  Routes[Name] extends Record<Key, infer S extends z.ZodType> ? Record<Key, z.input<S>> : unknown;

/** Params, query and body of a route, as far as it has them. */
export type RouteInput<Name extends RouteName> = PartOf<Name, 'params'> &
  PartOf<Name, 'body'> &
  (Routes[Name] extends { rawBodyLimit: number } ? { rawBody: Uint8Array<ArrayBuffer> } : unknown);

/** The client of the contracts, with the input of each route spelled so that callers generic in the route compile. */
export interface ControlPlaneClient {
  call<Name extends RouteName>(name: Name, input?: RouteInput<Name>): Promise<CallOutput<Name>>;
}

export function createControlPlaneClient(options: {
  baseUrl: string;
  transport: ApiTransport;
  authorization?: string | undefined;
}): ControlPlaneClient {
  const client = createApiClient(options);
  return { call: (name, input) => (client.call as (...args: unknown[]) => Promise<never>)(name, input) };
}
