import { expect, test } from 'vitest';
import { pullFailureOf } from './pull-failure.ts';

test.each([
  ['manifest for bigeyedata/agent:9 not found: manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
  ['failed to resolve reference "registry.example/agent:9": registry.example/agent:9: not found', 'IMAGE_NOT_FOUND'],
  [
    "pull access denied for bigeyedata/agent, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'IMAGE_PULL_DENIED',
  ],
  ['Head "https://registry.example/v2/agent/manifests/1": unauthorized: authentication required', 'IMAGE_PULL_DENIED'],
  ['Head "https://registry.example/v2/agent/manifests/1": no basic auth credentials', 'IMAGE_PULL_DENIED'],
  ['Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host', 'REGISTRY_UNREACHABLE'],
  ['Get "https://registry.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused', 'REGISTRY_UNREACHABLE'],
  ['Get "https://registry.example/v2/": net/http: TLS handshake timeout', 'REGISTRY_UNREACHABLE'],
  [
    'Get "https://registry.example/v2/": tls: failed to verify certificate: x509: signed by unknown authority',
    'REGISTRY_UNREACHABLE',
  ],
  ['toomanyrequests: You have reached your pull rate limit.', 'REGISTRY_UNREACHABLE'],
  ['received unexpected HTTP status: 503 Service Unavailable', 'REGISTRY_UNREACHABLE'],
  ['write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'ENOSPC'],
  ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'IMAGE_PULL_FAILED'],
])('%s → %s', (said, code) => {
  expect(pullFailureOf('agent:1', said)).toMatchObject({ code });
});
