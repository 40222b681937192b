import { apiRoutes, ErrorBody, errorCatalogue, productVersion, type Route } from '@bigeye/contracts';
import { z } from 'zod';

type Schema = Record<string, unknown>;

/** The OpenAPI 3.1 document of the API, made from the routes table: it cannot say what the server does not do. */
export function createOpenApi(publicUrl: string, table: Record<string, Route> = apiRoutes): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(table)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Agent Orchestrator',
      version: productVersion,
      description: 'Hosts, jobs and runs of containerised batch agents. Send `Authorization: apikey <key>`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            '`apikey bigeye_pak_…` (personal), `apikey bigeye_agent_…` (agent) or `apikey bigeye_reg_…` (registration)',
        },
      },
      schemas: { Error: jsonSchema(ErrorBody, 'output') },
    },
  };
}

function operationOf(name: string, route: Route): Schema {
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...parametersOf('header', route.headers),
  ];
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.tag],
    description: accessText(route),
    ...(route.access.kind === 'public' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? {
          requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(route.body, 'input') } } },
        }
      : {}),
    ...(route.rawBodyLimit === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/octet-stream': { schema: rawSchemaOf(route) } } } }),
    responses: responsesOf(route),
  };
}

function rawSchemaOf({ rawBodyIsGzipOf }: Route): Schema {
  if (rawBodyIsGzipOf === undefined) return {};
  const contentSchema = jsonSchema(rawBodyIsGzipOf, 'input');
  return { description: 'The gzip of JSON as in contentSchema', contentMediaType: 'application/gzip', contentSchema };
}

function accessText({ access }: Route): string {
  if (access.kind === 'public') return 'Needs no key.';
  if (access.kind === 'agentKey') return 'Needs an agent API key.';
  if (access.kind === 'registrationKey') return 'Needs a registration key, which opens nothing else.';
  if (access.kind === 'certificate') return "Needs the host's client certificate.";
  return `Needs the role ${access.role} or higher${access.agentKey ? ', or an agent API key' : ''}.`;
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined): Schema[] {
  if (!schema) return [];
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(field as z.ZodType, undefined).success,
    schema: jsonSchema(field as z.ZodType, 'input'),
  }));
}

function responsesOf(route: Route): Schema {
  if (route.errorPage === undefined) return { ...successOf(route), ...errorsOf(route) };
  const onError = `To ${route.errorPage}?error=… with ${route.errors.join(', ')}`;
  if (route.redirects) return { 303: { description: `Onward, or: ${onError}` } };
  return { ...successOf(route), 303: { description: onError } };
}

function successOf(route: Route): Schema {
  if (route.response === null) return { 204: { description: 'Done' } };
  const schema = jsonSchema(route.response, 'output');
  return { 200: { description: 'OK', content: { [route.contentType ?? 'application/json']: { schema } } } };
}

function errorsOf(route: Route): Schema {
  const byStatus = new Map<number, string[]>();
  const common = route.access.kind === 'public' ? [] : (['UNAUTHENTICATED', 'FORBIDDEN'] as const);
  // Whatever a route takes can be wrong, and any attempt may be one too many.
  const always = ['INVALID_INPUT', 'TOO_MANY_ATTEMPTS'] as const;
  for (const code of new Set([...common, ...route.errors, ...always])) {
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.join(', '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
