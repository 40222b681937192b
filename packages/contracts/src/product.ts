/** The version of all parts; a test holds it equal to package.json. */
export const productVersion = '0.1.0';

/** The services of a host's stack, by their documented names, pinned to the version of the product. Agents name their own. */
export const images = {
  orchestrator: `bigeyedata/agent-orchestrator:${productVersion}`,
  socketProxy: `bigeyedata/docker-socket-proxy:${productVersion}`,
} as const;
