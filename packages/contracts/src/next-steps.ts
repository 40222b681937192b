import { type AgentType, connectorsReadBy, installableTypes } from './agent-types.ts';
import type { ConnectorType } from './connector-types.ts';

/** What is typed on a host, one step after the other, as the CLI and the UI say it. */

export const installCommandOf = (type: AgentType): string => `bigeye-agent install --agent ${type}`;
export const addConnectorCommandOf = (type: ConnectorType): string => `bigeye-agent add-connector -c ${type}`;

/** The command names the choice where there is but one; else it asks. */
export function nextAfterRegister(): string {
  const [type, ...others] = installableTypes;
  return type !== undefined && others.length === 0 ? installCommandOf(type) : 'bigeye-agent install';
}

export function nextAfterInstall(type: AgentType): string {
  const [connector, ...others] = connectorsReadBy(type);
  if (connector === undefined) return 'create a job for it in the web UI';
  return others.length === 0 ? addConnectorCommandOf(connector) : 'bigeye-agent add-connector';
}
