import { BatchAgentType, batchAgent, type Host, isAppError, type Job, JobInput, JobSettings } from '@bigeye/contracts';
import { parameterFieldsOf, parametersOf } from './parameter-fields.ts';

/** What the form holds. Numbers that were emptied are '' until they are typed again. */
export interface JobDraft {
  name: string;
  hostId: string | null;
  agentType: Job['agentType'] | null;
  parameters: Record<string, unknown>;
  settings: Record<'startTimeoutSeconds' | 'runTimeoutSeconds' | 'cancelGraceSeconds', number | string> & {
    limits: Record<'memoryMib' | 'cpus' | 'pids', number | string>;
  };
}

/** Message of each faulty field, by its path in the body: `name`, `parameters.connectors`, `settings.limits.cpus`. */
export type FieldErrors = Record<string, string>;

export const draftOf = (job: Job | undefined): JobDraft => ({
  name: job?.name ?? '',
  hostId: job?.hostId ?? null,
  agentType: job?.agentType ?? null,
  parameters: job ? { ...initialParameters(job.agentType), ...job.parameters } : {},
  settings: job?.settings ?? JobSettings.parse({}),
});

/** Of a new job on this host, with what runs there where it can be one thing only. */
export function draftOn(host: Host | undefined): JobDraft {
  const draft = draftOf(undefined);
  if (!host || reasonAgainst(host, BatchAgentType.options)) return draft;
  const [type, ...others] = BatchAgentType.options.filter((one) =>
    host.managedAgents.some((agent) => agent.type === one),
  );
  if (!type || others.length > 0) return { ...draft, hostId: host.id };
  return { ...draft, hostId: host.id, agentType: type, parameters: initialParameters(type) };
}

export const initialParameters = (agentType: Job['agentType']): Record<string, unknown> =>
  Object.fromEntries(parameterFieldsOf(agentType).map(({ name, initial }) => [name, initial]));

/** The body to send, or what is wrong, judged by the same schemas as the server's. */
export function checkDraft(draft: JobDraft): { input: JobInput } | { errors: FieldErrors } {
  const parameters = draft.agentType ? parametersOf(parameterFieldsOf(draft.agentType), draft.parameters) : {};
  const body = { ...draft, parameters };
  const missing: FieldErrors = {
    ...(draft.name.trim() === '' ? { name: 'Give the job a name' } : {}),
    ...(draft.hostId === null ? { hostId: 'Choose the host it runs on' } : {}),
    ...(draft.agentType === null ? { agentType: 'Choose what runs' } : {}),
  };
  const parsed = JobInput.safeParse(body);
  const checkedParameters = draft.agentType && batchAgent(draft.agentType).parameters.safeParse(parameters);
  const errors = {
    ...errorsFrom(parsed.error?.issues ?? [], ''),
    ...errorsFrom(checkedParameters?.error?.issues ?? [], 'parameters.'),
    ...missing,
  };
  return parsed.success && Object.keys(errors).length === 0 ? { input: body as JobInput } : { errors };
}

function errorsFrom(issues: { path: PropertyKey[]; message: string }[], prefix: string): FieldErrors {
  return Object.fromEntries(issues.map(({ path, message }) => [fieldOf(prefix + path.join('.')), message]));
}

/** An item of a list has no input of its own: `parameters.connectors.0` is told at `parameters.connectors`. */
const fieldOf = (path: string): string => path.replace(/(\.\d+)+$/, '');

/** What is left to tell once these parts of the draft were changed. */
export const errorsWithout = (errors: FieldErrors, parts: string[]): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([path]) => !parts.includes(path.split('.')[0] ?? '')));

/** What the server refused, at the fields it is about; the rest is for the form as a whole. */
export function errorsOfServer(error: unknown): FieldErrors {
  if (isAppError(error, 'INVALID_INPUT'))
    return Object.fromEntries((error.details.issues ?? []).map(({ path, message }) => [fieldOf(path), message]));
  if (isAppError(error, 'JOB_NAME_TAKEN')) return { name: `${error.message} ${error.remedy}` };
  if (isAppError(error, 'HOST_NOT_FOUND')) return { hostId: error.message };
  if (isAppError(error, 'HOST_NOT_ELIGIBLE')) return { agentType: `${error.message} ${error.remedy}` };
  return {};
}

/** Why a host cannot be chosen at all, if so. */
export function reasonAgainst(host: Host, batchTypes: readonly string[]): string | undefined {
  if (host.managedAgents.length === 0) return 'no agent installed';
  if (!host.managedAgents.some(({ type }) => batchTypes.includes(type)))
    return 'persistent agents only, no batch agent';
  return undefined;
}
