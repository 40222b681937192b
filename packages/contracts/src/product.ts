/** The version of all parts; a test holds it equal to package.json. */
export const productVersion = '0.1.0';

/** Documented image names, pinned to the version of the product. */
export const images = {
  orchestrator: `bigeyedata/agent-orchestrator:${productVersion}`,
  socketProxy: `bigeyedata/docker-socket-proxy:${productVersion}`,
  lineagePlus: `bigeyedata/lineage-plus-connector:${productVersion}`,
} as const;
