import { type AgentType, installableTypes } from '../agent-types.ts';
import { connectorTypes, isConnectorType } from '../connector-types.ts';
import { addConnectorCommandOf, installCommandOf } from '../next-steps.ts';

const isInstallable = (type: string): type is AgentType => installableTypes.some((one) => one === type);

/** What to do where a host lacks an agent: to install it helps only where this version has it. */
export const installAdvice = (agentType: string, hostId: string): string =>
  isInstallable(agentType)
    ? `On ${hostId}, run "${installCommandOf(agentType)}".`
    : `This version brings no ${agentType} agent; choose one of ${installableTypes.join(', ')} in the job.`;

/** What to do where a host lacks a connection. */
export const connectionAdvice = (connector: string, hostId: string): string =>
  isConnectorType(connector)
    ? `On ${hostId}, run "${addConnectorCommandOf(connector)}".`
    : `This version knows no connector ${connector}; choose one of ${Object.keys(connectorTypes).join(', ')} in the job.`;
