import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';
import { AppError } from '@bigeye/contracts';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { metadataOf, openTemporalClient, type TemporalTarget } from './connect.ts';

const { DescribeNamespaceRequest } = proto.temporal.api.workflowservice.v1;
/** Of each of the two attempts. */
const attemptMs = 5_000;

/**
 * Finds out why Temporal cannot be used, in steps that each say something of their own: the handshake, then one call that needs
 * our key and the namespace. Undefined where nothing is wrong. The SDK's own errors do not tell these apart.
 */
export async function findTemporalFault(target: TemporalTarget): Promise<AppError | undefined> {
  const { tls } = target.proof();
  return (tls && (await faultOfHandshake(target))) ?? (await faultOfCall(target));
}

async function faultOfHandshake(target: TemporalTarget): Promise<AppError | undefined> {
  const { tls } = target.proof();
  const end = await shakeHands(target, { ca: tls?.ca, cert: tls?.client?.certificate, key: tls?.client?.key });
  return end.error && faultOf(target, end.error, end);
}

interface HandshakeEnd {
  error?: Error & { code?: string };
  /** The server's certificate was looked at and is not to be trusted. */
  isUntrusted: boolean;
  /** The handshake was done, and the server ended the connection without a word. */
  isHungUp: boolean;
}

const refusingAlert = /ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/;
/** What OpenSSL says where the other side answers in anything else than TLS. */
const noTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|BAD_RECORD_TYPE|UNEXPECTED_MESSAGE|HTTP_REQUEST/;

function faultOf({ address }: TemporalTarget, error: Error & { code?: string }, end: HandshakeEnd): AppError {
  const { code = '', message: reason } = error;
  if (end.isUntrusted) return new AppError('TEMPORAL_UNTRUSTED', { address, reason }, { cause: error });
  if (refusingAlert.test(code) || end.isHungUp) {
    const words = `client certificate: ${end.isHungUp ? 'it hangs up after the handshake' : wordsOf(code)}`;
    return new AppError('TEMPORAL_REFUSED', { address, reason: words }, { cause: error });
  }
  if (noTls.test(code) || noTls.test(reason.replaceAll(' ', '_').toUpperCase()))
    return new AppError('TEMPORAL_TLS_DIFFERS', { address, serverSpeaksTls: false }, { cause: error });
  return new AppError('TEMPORAL_AWAY', { address, reason }, { cause: error });
}

/** `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED` as "certificate required". */
const wordsOf = (code: string): string =>
  code
    .replace(/^.*ALERT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();

/** Until the server's first words: with TLS 1.3 it judges our certificate after the handshake. */
async function shakeHands(target: TemporalTarget, options: ConnectionOptions): Promise<HandshakeEnd> {
  const { hostname, port } = new URL(`tcp://${target.address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = target.serverName ?? host;
  const named = /^[\d.]+$|:/.test(servername) ? {} : { servername };
  const socket = connect({ host, port: Number(port), ALPNProtocols: ['h2'], ...named, ...options });
  let isDone = false;
  socket.once('secureConnect', () => {
    isDone = true;
  });
  const hungUp = new Error('the connection was ended');
  try {
    const signal = AbortSignal.timeout(attemptMs);
    await Promise.race([
      once(socket, 'data', { signal }),
      once(socket, 'close', { signal }).then(() => Promise.reject(hungUp)),
    ]);
    return { isUntrusted: false, isHungUp: false };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError';
    return {
      error: isLate ? new Error(`nothing within ${attemptMs / 1000} s`) : (error as Error),
      isUntrusted: Boolean(socket.authorizationError),
      isHungUp: isDone && (error === hungUp || (error as { code?: string }).code === 'ECONNRESET'),
    };
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

async function faultOfCall(target: TemporalTarget): Promise<AppError | undefined> {
  const { address, namespace } = target;
  const error = await describeNamespace(target);
  if (!error) return undefined;
  switch (error.code) {
    case status.NOT_FOUND:
    case status.INVALID_ARGUMENT:
      return new AppError('TEMPORAL_NAMESPACE_UNKNOWN', { address, namespace }, { cause: error });
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new AppError('TEMPORAL_REFUSED', { address, reason: error.details }, { cause: error });
    default:
      if (!target.proof().tls && (await speaksTls(target)))
        return new AppError('TEMPORAL_TLS_DIFFERS', { address, serverSpeaksTls: true }, { cause: error });
      return new AppError('TEMPORAL_AWAY', { address, reason: error.details }, { cause: error });
  }
}

function describeNamespace(target: TemporalTarget): Promise<ServiceError | null> {
  const client = openTemporalClient(target, {});
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(metadataOf(target))) metadata.set(name, value);
  const request = Buffer.from(DescribeNamespaceRequest.encode({ namespace: target.namespace }).finish());
  const path = '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace';
  const bytes = (given: Buffer): Buffer => given;
  return new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, bytes, bytes, request, metadata, { deadline: Date.now() + attemptMs }, resolve);
  }).finally(() => client.close());
}

/** Whoever answers a handshake with one, or with a word of TLS about it, speaks it. */
async function speaksTls(target: TemporalTarget): Promise<boolean> {
  const { error } = await shakeHands(target, { rejectUnauthorized: false });
  return !error || refusingAlert.test(error.code ?? '');
}
