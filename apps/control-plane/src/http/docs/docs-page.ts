import { errorCatalogue } from '@bigeye/contracts';
import { aboutOf, rowsOf, type Schema, typeOf } from './schema-rows.ts';

interface Content {
  content?: Record<string, { schema: Schema }>;
}

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security?: unknown[];
  parameters?: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: Content;
  responses: Record<string, Content & { description: string }>;
}

export interface OpenApiDocument {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
}

interface Call extends Operation {
  method: string;
  path: string;
}

/** The OpenAPI document as a page to read: whole HTML, without scripts, and with nothing from elsewhere. */
export function renderDocs(document: OpenApiDocument): string {
  const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
  const tags = [...new Set(calls.flatMap((call) => call.tags))];
  const server = document.servers[0]?.url ?? '';
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of ${text(title)}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><nav aria-label="Calls">${tags.map((tag) => contentsOf(tag, calls)).join('')}</nav>
<main><h1>API of ${text(title)} <small>${text(version)}</small></h1>
<p>${inline(description)} The same for machines: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<p>Every refusal has a body of one form: <code>errorCode</code> to act on, <code>message</code> for what happened, <code>remedy</code> for
what to do, and <code>requestId</code> to find it in the log.</p>
${tags.map((tag) => sectionOf(tag, calls, server)).join('\n')}
<section id="errors"><h2>Errors</h2>${errorsTable()}</section></main></body></html>
`;
}

const idOf = (tag: string): string => `tag-${tag.toLowerCase().replace(/\W+/g, '-')}`;
const ofTag = (tag: string, calls: Call[]): Call[] => calls.filter(({ tags }) => tags.includes(tag));

const contentsOf = (tag: string, calls: Call[]): string =>
  `<h2><a href="#${idOf(tag)}">${text(tag)}</a></h2><ul>${ofTag(tag, calls)
    .map(({ operationId, summary }) => `<li><a href="#${operationId}">${text(summary)}</a></li>`)
    .join('')}</ul>`;

const sectionOf = (tag: string, calls: Call[], server: string): string =>
  `<section id="${idOf(tag)}"><h2>${text(tag)}</h2>${ofTag(tag, calls)
    .map((call) => articleOf(call, server))
    .join('\n')}</section>`;

function articleOf(call: Call, server: string): string {
  const { operationId, summary, description, method, path, parameters = [], requestBody, responses } = call;
  const parameterRows = parameters.map(({ name, in: place, required, schema }) => ({
    path: `${name} (${place})`,
    type: typeOf(schema),
    isRequired: required,
    about: aboutOf(schema),
  }));
  const body = requestBody?.content?.['application/json']?.schema;
  return `<article id="${operationId}"><h3>${text(summary)}</h3>
<p class="call"><b class="${method.toLowerCase()}">${method}</b> <code>${text(path).replace(/\{(\w+)\}/g, '<var>$&</var>')}</code></p>
<p>${text(description)}</p>
${table('Parameters', parameterRows)}${body ? table('Body', rowsOf(body)) : ''}${Object.entries(responses)
  .map(([status, response]) => answerOf(status, response))
  .join('')}
<pre><code>${text(exampleOf(call, server))}</code></pre></article>`;
}

function answerOf(status: string, { description, content }: Call['responses'][string]): string {
  const isError = Number(status) >= 400;
  const schema = Object.values(content ?? {})[0]?.schema;
  const type = Object.keys(content ?? {})[0];
  const rows = schema && !isError ? rowsOf(schema) : [];
  if (rows.length > 0) return table(`Answer ${status}`, rows);
  const about = isError
    ? description
        .split(', ')
        .map((code) => `<a href="#error-${text(code)}"><code>${text(code)}</code></a>`)
        .join(', ')
    : `${text(description)}${schema && type ? `: ${text(type)}, ${text(typeOf(schema))}` : ''}`;
  return `<p class="answer"><b>${text(status)}</b> ${about}</p>`;
}

function table(title: string, rows: ReturnType<typeof rowsOf>): string {
  if (rows.length === 0) return '';
  const line = ({ path, type, isRequired, about }: (typeof rows)[number]) =>
    `<tr><td><code>${text(path)}</code></td><td>${text(type)}</td><td>${isRequired ? 'yes' : ''}</td><td>${text(about)}</td></tr>`;
  return `<details${rows.length <= 8 ? ' open' : ''}><summary>${text(title)}</summary><table>
<thead><tr><th>Name</th><th>Type</th><th>${title.startsWith('Answer') ? 'Always there' : 'Needed'}</th><th>About</th></tr></thead><tbody>${rows.map(line).join('')}</tbody></table></details>`;
}

function exampleOf({ method, path, security, requestBody }: Call, server: string): string {
  const parts = ['curl', ...(method === 'GET' ? [] : [`-X ${method}`])];
  if (security?.length !== 0) parts.push('-H "Authorization: apikey $BIGEYE_API_KEY"');
  if (requestBody) parts.push('-H "Content-Type: application/json" -d @body.json');
  return `${parts.join(' ')} '${server}${path}'`;
}

function errorsTable(): string {
  const line = ([code, { status, retryable }]: [string, { status: number; retryable: boolean }]) =>
    `<tr id="error-${code}"><td><code>${code}</code></td><td>${status}</td><td>${retryable ? 'yes' : ''}</td></tr>`;
  return `<table><thead><tr><th>errorCode</th><th>Status</th><th>May work later</th></tr></thead><tbody>${Object.entries(
    errorCatalogue,
  )
    .map(line)
    .join('')}</tbody></table>`;
}

/** Text in `backticks` as code. */
const inline = (source: string): string => text(source).replace(/`([^`]+)`/g, '<code>$1</code>');

const text = (source: string): string => source.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
