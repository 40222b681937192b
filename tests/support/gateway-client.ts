import { controlPlaneServerName } from '@bigeye/contracts';
import type { ClientIdentity } from '@bigeye/service-kit';
import grpc, { type Client, type ServiceError } from '@grpc/grpc-js';

export interface GrpcAnswer {
  code: string;
  details: string;
  bytes: Buffer | undefined;
}

/** A gRPC client with a host's certificate, or with none. `trust`: whose CA it believes. */
export function connectClient(
  address: string,
  trust: ClientIdentity,
  identity: ClientIdentity | undefined,
  options: Record<string, number> = {},
): Client {
  const secrets = identity ? [Buffer.from(identity.privateKey), Buffer.from(identity.certificate)] : [];
  return new grpc.Client(address, grpc.credentials.createSsl(Buffer.from(trust.caCertificate), ...secrets), {
    'grpc.ssl_target_name_override': controlPlaneServerName,
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
}

/** Sends raw bytes as any gRPC client can; gives the status code, and the answer where there is one. */
export function send(
  client: Client,
  path: string,
  request: Uint8Array,
  options: { deadlineMs?: number; metadata?: Record<string, string> } = {},
): Promise<GrpcAnswer> {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      (b: Buffer) => b,
      (b: Buffer) => b,
      Buffer.from(request),
      metadata,
      { deadline: Date.now() + (options.deadlineMs ?? 3_000) },
      (error: ServiceError | null, bytes?: Buffer) =>
        resolve({ code: grpc.status[error?.code ?? 0] ?? '', details: error?.details ?? '', bytes }),
    );
  });
}
