import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from '@bigeye/service-kit';
import { type ChannelCredentials, type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { NativeConnection } from '@temporalio/worker';
import { readCertificateFiles } from '../http/certificate-files.ts';
import { readAgain } from '../machine/read-again.ts';
import { type TemporalSettings, wantsTls } from './temporal-settings.ts';

/** What we prove ourselves and the server by, as it stands in the files now. */
export interface TemporalProof {
  /** Undefined: plain gRPC. */
  tls:
    | {
        /** PEM; undefined: the CAs that the system trusts. */
        ca: Buffer | undefined;
        client: { certificate: Buffer; key: Buffer } | undefined;
      }
    | undefined;
  apiKey: string | undefined;
}

/** How Temporal is reached. Nothing else knows. */
export interface TemporalTarget extends Disposable {
  /** host:port of its frontend. */
  address: string;
  namespace: string;
  /** In place of the address, in its certificate and as the name that it is asked by. */
  serverName: string | undefined;
  proof(): TemporalProof;
  /** Hears when the proof was replaced in its files. */
  subscribe(onChange: (before: TemporalProof) => void): Disposable;
}

/** `embedded`: address of our own server, where the settings name none. The files are known to be good: config.ts tried them. */
export function openTemporalTarget(
  settings: TemporalSettings,
  log: Logger,
  { embedded = '', readAgainEveryMs }: { embedded?: string | undefined; readAgainEveryMs?: number },
): TemporalTarget {
  const listeners = new Set<(before: TemporalProof) => void>();
  const proof = readAgain(() => readProof(settings), {
    everyMs: readAgainEveryMs,
    onChange: (_, before) => {
      log.info('Temporal is shown a new key or certificate from now on');
      for (const listener of listeners) listener(before);
    },
    onFault: (error) => log.warn({ err: error }, 'what Temporal is to be shown cannot be read again'),
  });
  return {
    address: settings.TEMPORAL_ADDRESS ?? embedded,
    namespace: settings.TEMPORAL_NAMESPACE,
    serverName: settings.TEMPORAL_TLS_SERVER_NAME,
    proof: proof.current,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
    [Symbol.dispose]: () => proof[Symbol.dispose](),
  };
}

/** Throws where a file is missing or half written, or the key is not yet that of the certificate. */
function readProof(settings: TemporalSettings): TemporalProof {
  const { TEMPORAL_TLS_CERT_PATH: certificate, TEMPORAL_TLS_KEY_PATH: key } = settings;
  const { TEMPORAL_TLS_CA_PATH: ca, TEMPORAL_API_KEY_FILE: apiKeyFile } = settings;
  const client = certificate && key ? readCertificateFiles({ certificateFile: certificate, keyFile: key }) : undefined;
  const tls = {
    ca: ca === undefined ? undefined : readFileSync(ca),
    client: client && { certificate: client.cert, key: client.key },
  };
  if (tls.ca) new X509Certificate(tls.ca);
  return {
    tls: wantsTls(settings) ? tls : undefined,
    apiKey: (apiKeyFile && readFileSync(apiKeyFile, 'utf8').trim()) || settings.TEMPORAL_API_KEY,
  };
}

/** True where only the API key differs, which a connection that is open can take up. */
export const isSameTls = (one: TemporalProof, other: TemporalProof): boolean =>
  JSON.stringify(one.tls) === JSON.stringify(other.tls);

/** For the workflow worker and the client that starts runs. Rejects at once where Temporal does not answer. */
export async function connectToTemporal({ address, serverName, proof }: TemporalTarget): Promise<NativeConnection> {
  const { tls, apiKey } = proof();
  return await NativeConnection.connect({
    address,
    grpcCompression: { codec: 'none' },
    ...(apiKey === undefined ? {} : { apiKey }),
    // Not undefined: with a key it would then speak TLS of its own accord.
    tls: tls
      ? {
          ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
          ...(tls.ca && { serverRootCACertificate: tls.ca }),
          ...(tls.client && { clientCertPair: { crt: tls.client.certificate, key: tls.client.key } }),
        }
      : false,
  });
}

/** For calls by bytes: the gateway's, and the one that finds out what is wrong. It is connected when it is first used. */
export function openTemporalClient({ address, serverName, proof }: TemporalTarget, options: ChannelOptions): Client {
  const named =
    serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName };
  return new Client(address, channelCredentialsOf(proof()), {
    ...options,
    ...named,
    // Or two clients with the same options would share one connection, and calls would wait for each other.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
  });
}

function channelCredentialsOf({ tls }: TemporalProof): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.client?.key ?? null, tls.client?.certificate ?? null);
}

/** What each call says about itself, beside what is the call's own. */
export function metadataOf({ namespace, proof }: TemporalTarget): Record<string, string> {
  const { apiKey } = proof();
  return {
    'temporal-namespace': namespace,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
