import { AppError } from '@bigeye/contracts';
import { EngineDiskFull, isDiskFull } from './container-runner.ts';

/** What engines of 20.10 to 29 say, in the registry's words or in those of the network. The first that fits counts. */
const causes = [
  [
    'IMAGE_PULL_DENIED',
    /pull access denied|unauthorized|no basic auth credentials|authentication required|authorization failed|incorrect username or password|denied:|403 Forbidden|401 Unauthorized/i,
  ],
  [
    'IMAGE_NOT_FOUND',
    /manifest unknown|name unknown|manifest for .* not found|repository name not known|: not found|404 Not Found/i,
  ],
  [
    'REGISTRY_UNREACHABLE',
    /no such host|connection refused|connection reset|i\/o timeout|timeout exceeded|deadline exceeded|TLS handshake|tls:|x509:|network is unreachable|no route to host|name resolution|proxyconnect|server gave HTTP response|toomanyrequests|unexpected HTTP status: 5|50[0-4] |\bEOF\b/i,
  ],
] as const;

/** Why an image did not come, by what the engine says of it: the only hint that it gives. */
export function pullFailureOf(image: string, said: string): Error {
  const reason = said.replace(/\.$/, '');
  if (isDiskFull(said)) return new EngineDiskFull(reason);
  const code = causes.find(([, words]) => words.test(said))?.[0] ?? 'IMAGE_PULL_FAILED';
  return new AppError(code, { image, reason });
}
