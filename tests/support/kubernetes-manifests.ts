import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from './test-stack.ts';

export const manifestFolder = join(root, 'deploy/kubernetes');
export const manifestFiles = readdirSync(manifestFolder).filter((name) => name.endsWith('.yaml'));

/** Of the manifests, what the tests look at. kubernetes-validate has judged the whole. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  data: Record<string, string>;
  resources: string[];
  images: { name: string; newTag: string }[];
  spec: {
    podSelector: { matchLabels?: Record<string, string> };
    selector: Record<string, string> & { matchLabels: Record<string, string> };
    ports: { targetPort: string }[];
    ingress: { ports: { port: string }[] }[];
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
}

interface PodSpec {
  securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number };
  containers: [Container];
  volumes: { name: string; secret: { secretName: string; defaultMode: number } }[];
}

interface Container {
  image: string;
  args: string[];
  env: { name: string; value: string }[];
  ports: { name: string; containerPort: number }[];
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
  securityContext: {
    allowPrivilegeEscalation: boolean;
    readOnlyRootFilesystem: boolean;
    capabilities: { drop: string[] };
  };
  volumeMounts: { name: string; mountPath: string }[];
}
interface Probe {
  httpGet: { path: string; port: string };
}

const manifests = manifestFiles.flatMap((name) =>
  parseAllDocuments(readFileSync(join(manifestFolder, name), 'utf8')).map((one) => one.toJS() as Manifest),
);

export const manifestsOf = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
export const [settings] = manifestsOf('ConfigMap').map(({ data }) => data);

/** One for each role. */
export const deployments = manifestsOf('Deployment').map(({ metadata, spec: { template } }) => {
  const { labels } = template.metadata;
  const [container] = template.spec.containers;
  const env = { ...settings, ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])) };
  return { name: metadata.name, labels, pod: template.spec, container, env };
});
