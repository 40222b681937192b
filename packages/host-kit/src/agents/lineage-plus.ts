import { agentTypes } from '@bigeye/contracts';
import { propertiesFileOf } from '../connectors/properties-file.ts';
import { type AgentOnHost, AgentSection } from './agent-on-host.ts';
import { parseParameters } from './parse-parameters.ts';

/** The documented `lineage run` as a container. */
export const lineagePlus: AgentOnHost = {
  key: 'lineage_plus',
  section: AgentSection,
  secretsOf: () => [],
  planRun: (given, { host, getConnections }) => {
    const { connectors, connectionName } = parseParameters(agentTypes.LINEAGE_PLUS.parameters, given);
    const chosen = [...new Set(connectors)].map((connector) => getConnections(connector, connectionName));
    return {
      command: [
        'run',
        ...connectors.flatMap((connector) => ['-c', connector]),
        ...(connectionName === undefined ? [] : ['-n', connectionName]),
      ],
      files: Object.fromEntries(
        chosen.map(({ connector, connections }) => [
          `${connector}.properties`,
          propertiesFileOf(connector, connections, host),
        ]),
      ),
    };
  },
};
