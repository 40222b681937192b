import { CustomRepository, CustomRepositoryInput, type LineageSyncManifest, LineageSyncState } from '@bigeye/contracts';
import { z } from 'zod';
import { AgentFailure } from './agent-failure.ts';
import type { AgentLog } from './agent-log.ts';

export interface BigeyeClientOptions {
  /** Base URL of the control plane's API. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly log: AgentLog;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly sleep?: (ms: number) => Promise<void>;
}

const CustomRepositories = z.object({ customRepositories: z.array(CustomRepository) });
const ErrorBody = z.object({ message: z.string(), remedy: z.string().optional() });
const retryDelaysMs = [500, 1_000, 2_000, 4_000];
const requestTimeoutMs = 120_000;

/**
 * The calls that agents make to the Bigeye API. Connection errors, 429 and 5xx are tried five times with growing pauses;
 * every other refusal is an AgentFailure `targetRefused` at once.
 */
export class BigeyeClient {
  readonly #options: BigeyeClientOptions;

  constructor(options: BigeyeClientOptions) {
    this.#options = options;
  }

  async listCustomRepositories(): Promise<CustomRepository[]> {
    const reply = await this.#request('GET', '/api/v2/lineage/custom-repositories');
    return CustomRepositories.parse(reply).customRepositories;
  }

  async createCustomRepository(input: z.input<typeof CustomRepositoryInput>): Promise<CustomRepository> {
    const body = JSON.stringify(CustomRepositoryInput.parse(input));
    return CustomRepository.parse(await this.#request('POST', '/api/v2/lineage/custom-repositories', body));
  }

  /** Makes the listed parts what the repository holds, or learns which of them are missing. May be repeated. */
  async syncLineageParts(repositoryId: number, manifest: LineageSyncManifest): Promise<LineageSyncState> {
    const path = `/api/v2/lineage/custom-repositories/${repositoryId}/syncs`;
    return LineageSyncState.parse(await this.#request('POST', path, JSON.stringify(manifest)));
  }

  /** Sends one part: the gzip of its JSON, whose SHA-256 is `digest`. May be repeated. */
  async putLineageSyncPart(repositoryId: number, digest: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#request('PUT', `/api/v2/lineage/custom-repositories/${repositoryId}/parts/${digest}`, content);
  }

  async #request(method: 'GET' | 'POST' | 'PUT', path: string, body?: Body): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(method, path, body);
      if ('reply' in answer) return answer.reply;
      const delayMs = retryDelaysMs[attempt];
      if (delayMs === undefined || !answer.retryable) throw answer.failure;
      this.#options.log.warn({ path, attempt: attempt + 1, cause: answer.failure.message }, 'request is tried again');
      await (this.#options.sleep ?? sleep)(Math.max(delayMs, answer.retryAfterMs ?? 0));
      this.#options.signal?.throwIfAborted();
    }
  }

  async #attempt(method: string, path: string, body?: Body) {
    const { baseUrl, apiKey, signal } = this.#options;
    try {
      const response = await (this.#options.fetch ?? fetch)(new URL(path, baseUrl), {
        method,
        headers: { authorization: `apikey ${apiKey}`, ...typeOf(body) },
        signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(requestTimeoutMs)]),
        ...(body === undefined ? {} : { body }),
      });
      if (response.status === 204) return { reply: undefined };
      if (response.ok) return { reply: (await response.json()) as unknown };
      return {
        failure: await refused(response, path, baseUrl),
        retryable: response.status >= 500 || response.status === 429,
        retryAfterMs: Math.min(Number(response.headers.get('retry-after') ?? 0) * 1_000 || 0, 60_000),
      };
    } catch (cause) {
      signal?.throwIfAborted();
      const failure = new AgentFailure(
        'targetRefused',
        `The control plane at ${baseUrl} cannot be reached: ${reason(cause)}.`,
        'Check bigeye.host and that this host can reach it; the results are kept in the output folder.',
        { cause },
      );
      return { failure, retryable: true };
    }
  }
}

type Body = string | Uint8Array<ArrayBuffer>;

function typeOf(body: Body | undefined): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream' };
}

async function refused(response: Response, path: string, baseUrl: string): Promise<AgentFailure> {
  const text = await response.text();
  const body = ErrorBody.safeParse(tryJson(text));
  const said = body.success ? body.data.message : `HTTP ${response.status}`;
  const isKey = response.status === 401 || response.status === 403;
  return new AgentFailure(
    'targetRefused',
    isKey ? `${baseUrl} refuses the API key: ${said}` : `${baseUrl} refuses ${path} (HTTP ${response.status}): ${said}`,
    isKey
      ? keyRemedy
      : ((body.success ? body.data.remedy : undefined) ?? (response.status === 413 ? tooLargeRemedy : hostRemedy)),
  );
}

const keyRemedy = 'Make an agent API key in Settings, API keys, and put it into the connection as bigeye.apikey.';
const hostRemedy = 'Check bigeye.host and the version of the control plane.';
const tooLargeRemedy =
  "Name fewer schemas per connection in postgres.schemas, or raise the control plane's limit for requests.";

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
