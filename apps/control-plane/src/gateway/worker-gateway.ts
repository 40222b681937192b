import { setMaxListeners } from 'node:events';
import { isAppError } from '@bigeye/contracts';
import { type Logger, pause, reasonOf } from '@bigeye/service-kit';
import {
  type ClientUnaryCall,
  type Deadline,
  Metadata,
  type MetadataValue,
  type requestCallback,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { HostIdentity } from '../hosts/host-identity.ts';
import type { HostSessions } from '../hosts/host-sessions.ts';
import type { ConnectionLimits } from '../http/connection-limits.ts';
import { type ListenAddress, portOf } from '../http/listen.ts';
import type { CertificateAuthority } from '../keys/certificate-authority.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import { ControlQueues } from './control-queues.ts';
import { openGatewayListener } from './gateway-listener.ts';
import { type MethodRule, methodRules, type RuleContext, TaskTokens } from './gateway-rules.ts';
import { Refusal } from './refusal.ts';

const service = 'temporal.api.workflowservice.v1.WorkflowService';
/** How long calls that are under way may take when the gateway stops. */
const drainMs = 5_000;
/** No rule takes more; each says how much it takes. */
const maxMessageBytes = Math.max(...Object.values(methodRules).map(({ maxBytes }) => maxBytes));
/** Everything else a client sends stops here, `authorization` before all: it must not speak to Temporal in its own name. */
const forwardedMetadata = ['client-name', 'client-version', 'supported-server-versions', 'caller-type'];

export interface WorkerGateway extends AsyncDisposable {
  /** Where it really listens, in the order of `listen`. */
  ports: number[];
}

/** The way on to Temporal. It proves by itself who we are. */
export interface GatewayUpstream {
  call(
    path: string,
    request: Buffer,
    options: { metadata: Metadata; deadline: Deadline },
    answer: requestCallback<Buffer>,
  ): ClientUnaryCall;
}

export interface GatewayDeps {
  listen: ListenAddress[];
  authority: CertificateAuthority;
  identity: HostIdentity;
  sessions: HostSessions;
  limits: ConnectionLimits;
  upstream: GatewayUpstream;
  namespace: string;
  log: Logger;
}

/**
 * The only way from a host to Temporal: TLS 1.3 with a client certificate of our CA, the methods of an activity worker,
 * the host's own queue, tokens bound to the host. Bodies pass as bytes; rules decode what they have to judge.
 */
export async function startWorkerGateway(deps: GatewayDeps): Promise<WorkerGateway> {
  const { authority, identity, namespace, upstream, log } = deps;
  const tokens = new TaskTokens(authority.taskTokenKey);
  const controlQueues = new ControlQueues(namespace);
  const underWay = new CallsUnderWay();
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    // A connection that answers no ping is nobody's: its host went, or never spoke HTTP/2.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
  });
  const draining = new AbortController();
  // One listener for each poll that is open.
  setMaxListeners(0, draining.signal);

  for (const [method, rule] of Object.entries(methodRules)) {
    const path = `/${service}/${method}`;
    server.register(
      path,
      async (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
        let ended = () => {};
        try {
          const { hostId } = await identity.identify(call.getAuthContext()?.sslPeerCertificate?.raw);
          if (call.request.length > rule.maxBytes)
            throw new Refusal(`more than the ${rule.maxBytes} bytes that ${method} takes`, 'too much');
          ended = underWay.begin(hostId, rule.isPoll === true);
          const answer: sendUnaryData<Buffer> = (...given) => {
            ended();
            respond(...given);
          };
          // Its host went away, or the answer was given.
          call.on('cancelled', ended);
          const context = { hostId, namespace, tokens, controlQueues };
          forward(upstream, path, rule, call, context, answer, draining.signal);
        } catch (error) {
          log.warn({ method, peer: call.getPeer(), reason: reasonOf(error) }, 'gateway refused a call');
          ended();
          respond(refusalOf(error));
        }
      },
      identityBytes,
      identityBytes,
      'unary',
    );
  }

  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listeners = await Promise.all(
    deps.listen.map((address) => openGatewayListener(address, deps, (socket) => injector.injectConnection(socket))),
  );
  return {
    ports: listeners.map((listener) => portOf(listener.server)),
    [Symbol.asyncDispose]: async () => {
      for (const listener of listeners) listener.stop();
      // GOAWAY: hosts make their next call on a new connection, and what they are in the middle of is answered.
      injector.drain(drainMs);
      draining.abort();
      for (const end = Date.now() + drainMs; Date.now() < end && !listeners.every((listener) => listener.isEmpty()); )
        await pause(20);
      injector.destroy();
      server.forceShutdown();
      for (const listener of listeners) listener.destroy();
    },
  };
}

const goingAway = { code: status.UNAVAILABLE, details: 'the gateway stops' };

const identityBytes = (bytes: Buffer): Buffer => bytes;
/** Throws Refusal for what the rule does not let through. */
function forward(
  upstream: GatewayUpstream,
  path: string,
  rule: MethodRule,
  call: ServerUnaryCall<Buffer, Buffer>,
  context: RuleContext,
  answer: sendUnaryData<Buffer>,
  draining: AbortSignal,
): void {
  const judged = rule.request(call.request, context);
  if (!judged) {
    answer(null, Buffer.alloc(0));
    return;
  }
  const request = Buffer.from(judged);
  const metadata = new Metadata();
  for (const name of forwardedMetadata)
    for (const value of call.metadata.get(name) as MetadataValue[]) metadata.add(name, value);
  let trailer: Metadata | undefined;
  const forwarded = upstream.call(
    path,
    request,
    { metadata, deadline: call.getDeadline() },
    (error: ServiceError | null, response?: Buffer) => {
      draining.removeEventListener('abort', giveUp);
      if (error) return answer(draining.aborted && rule.isPoll ? goingAway : error);
      const bytes = response ?? Buffer.alloc(0);
      try {
        answer(null, rule.response ? Buffer.from(rule.response(bytes, context)) : bytes, trailer);
      } catch (unreadable) {
        answer(refusalOf(unreadable));
      }
    },
  );
  forwarded.on('status', (end) => {
    trailer = end.metadata;
  });
  // A poll whose host went away must not take a task into the void. (Fires after a normal end too, harmlessly.)
  call.on('cancelled', () => forwarded.cancel());
  // A poll would hold the end up for a minute; all others are answered in a moment.
  if (rule.isPoll) draining.addEventListener('abort', giveUp);
  function giveUp(): void {
    forwarded.cancel();
  }
}

function refusalOf(error: unknown): Partial<ServiceError> {
  if (isAppError(error, 'CERTIFICATE_REFUSED')) return { code: status.UNAUTHENTICATED, details: error.message };
  if (error instanceof Refusal) {
    const code = error.kind === 'too much' ? status.RESOURCE_EXHAUSTED : status.PERMISSION_DENIED;
    return { code, details: error.message };
  }
  if (error instanceof Error && /wire type|index out of range|invalid/i.test(error.message))
    return { code: status.INVALID_ARGUMENT, details: 'not a message of this method' };
  return { code: status.UNAVAILABLE, details: 'the gateway cannot judge this just now' };
}
