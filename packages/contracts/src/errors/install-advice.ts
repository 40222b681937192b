import { installableTypes } from '../agent-types.ts';

/** What to do where a host lacks an agent: to install it helps only where this version has it. */
export const installAdvice = (agentType: string, hostId: string): string =>
  installableTypes.some((type) => type === agentType)
    ? `On ${hostId}, run "bigeye-agent install --agent ${agentType}".`
    : `This version brings no ${agentType} agent; choose one of ${installableTypes.join(', ')} in the job.`;
