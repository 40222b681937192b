import {
  agentTypes,
  BatchAgentType,
  batchAgent,
  type Host,
  type HostId,
  type Job,
  type JobId,
} from '@bigeye/contracts';
import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { HostStateIcon } from '../hosts/host-state.tsx';
import { useSaveJob } from './api.ts';
import styles from './job-form.module.css';
import {
  checkDraft,
  draftOf,
  draftOn,
  errorsOfServer,
  errorsWithout,
  type FieldErrors,
  initialParameters,
  type JobDraft,
  reasonAgainst,
} from './job-form-state.ts';
import { useKeptDraft } from './kept-draft.ts';
import { parameterFieldsOf } from './parameter-fields.ts';
import { ParameterInput } from './parameter-input.tsx';

/** Creates a job, on the host `hostId` if one is named, or changes `job`. */
export function JobForm({ hosts, job, hostId }: { hosts: Host[]; job?: Job; hostId?: HostId | undefined }) {
  const kept = useKeptDraft(job?.id, job ? draftOf(job) : draftOn(hosts.find(({ id }) => id === hostId)));
  const { draft } = kept;
  const [errors, setErrors] = useState<FieldErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const save = useSaveJob(job?.id);
  const change = (part: Partial<JobDraft>) => {
    kept.change(part);
    setErrors((before) => errorsWithout(before, Object.keys(part)));
  };
  const refuse = (found: FieldErrors) => {
    setErrors(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const checked = checkDraft(draft);
    if ('errors' in checked) return refuse(checked.errors);
    setErrors({});
    save.mutate(checked.input, {
      onSuccess: ({ id }) => {
        kept.forget();
        return navigate({ to: '/jobs/$jobId', params: { jobId: id } });
      },
      onError: (error) => refuse(errorsOfServer(error)),
    });
  };
  const isAtFields = Object.keys(errorsOfServer(save.error)).length > 0;

  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={submit}
      noValidate
      aria-label={job ? 'Edit the job' : 'Create a job'}
    >
      {kept.isBack && (
        <div className={styles.kept} role="status">
          What you typed before is back.{' '}
          <Button variant="default" size="compact-xs" onClick={kept.startOver}>
            Start over
          </Button>
        </div>
      )}
      <HostAndType hosts={hosts} draft={draft} errors={errors} change={change} />
      <TextInput
        label="Name"
        placeholder="nightly lineage"
        withAsterisk
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={errors.name}
      />
      <Parameters hosts={hosts} draft={draft} errors={errors} change={change} />
      <Limits draft={draft} errors={errors} change={change} />
      {save.error && !isAtFields && <ErrorNotice error={save.error} />}
      <div className={styles.actions}>
        <Button type="submit" size="sm" loading={save.isPending}>
          {job ? 'Save' : 'Create job'}
        </Button>
        <CancelButton jobId={job?.id} onClick={kept.forget} />
      </div>
    </form>
  );
}

interface PartProps {
  hosts: Host[];
  draft: JobDraft;
  errors: FieldErrors;
  change: (part: Partial<JobDraft>) => void;
}

function HostAndType({ hosts, draft, errors, change }: PartProps) {
  const host = hosts.find(({ id }) => id === draft.hostId);
  const installed = (type: string) => host?.managedAgents.some((agent) => agent.type === type) ?? true;
  // What was typed for one agent type is not lost on the way over another.
  const typed = useRef<Partial<Record<BatchAgentType, JobDraft['parameters']>>>({});
  const chooseType = (agentType: BatchAgentType | null) => {
    if (draft.agentType) typed.current[draft.agentType] = draft.parameters;
    change({ agentType, parameters: agentType ? (typed.current[agentType] ?? initialParameters(agentType)) : {} });
  };
  const chooseHost = (hostId: string | null) => {
    const types = hosts.find(({ id }) => id === hostId)?.managedAgents.map(({ type }) => type) ?? [];
    const possible = BatchAgentType.options.filter((type) => types.includes(type));
    change({ hostId });
    if (possible.length === 1 && possible[0] && possible[0] !== draft.agentType) chooseType(possible[0]);
    else if (draft.agentType && !types.includes(draft.agentType)) chooseType(null);
  };
  return (
    <>
      <Select
        label="Host"
        withAsterisk
        placeholder="Choose a host"
        allowDeselect={false}
        searchable
        openOnFocus={false}
        value={draft.hostId}
        onChange={chooseHost}
        error={errors.hostId}
        nothingFoundMessage="No host of that name"
        leftSection={host ? <HostStateIcon state={host.state} /> : null}
        data={hosts
          .map(({ id }) => id)
          .map((id) => ({ value: id, label: id, disabled: reasonOf(hosts, id) !== undefined }))}
        renderOption={({ option }) => <HostOption host={hosts.find(({ id }) => id === option.value)} />}
      />
      {host && host.state !== 'online' && (
        <div className={styles.waits}>
          <Icon name="warning" size={14} /> {host.id} is not online; runs wait until it is.
        </div>
      )}
      <Select
        label="Agent type"
        withAsterisk
        placeholder={host ? 'Choose what runs' : 'Choose the host first'}
        allowDeselect={false}
        value={draft.agentType}
        onChange={(value) => chooseType(BatchAgentType.safeParse(value).data ?? null)}
        error={errors.agentType}
        disabled={!host && !draft.agentType}
        data={BatchAgentType.options.map((type) => ({
          value: type,
          label: agentTypes[type].name,
          disabled: !installed(type),
        }))}
        renderOption={({ option }) => (
          <span className={styles.option}>
            {option.label}
            {option.disabled && <small>not installed on {host?.id}</small>}
          </span>
        )}
      />
    </>
  );
}

const reasonOf = (hosts: Host[], id: string): string | undefined => {
  const host = hosts.find((one) => one.id === id);
  return host && reasonAgainst(host, BatchAgentType.options);
};

function HostOption({ host }: { host: Host | undefined }) {
  if (!host) return null;
  const reason = reasonAgainst(host, BatchAgentType.options);
  return (
    <span className={styles.option}>
      <HostStateIcon state={host.state} />
      {host.id}
      <small>{reason ?? (host.state === 'online' ? 'online' : 'not online: runs wait')}</small>
    </span>
  );
}

function Parameters({ hosts, draft, errors, change }: PartProps) {
  if (!draft.agentType)
    return <p className={styles.hint}>Its parameters appear here once host and agent type are chosen.</p>;
  const agent = hosts.find(({ id }) => id === draft.hostId)?.managedAgents.find(({ type }) => type === draft.agentType);
  const connections = agent?.connections ?? [];
  const had = {
    connectors: unique(connections.map(({ connector }) => connector)),
    'connection names': unique(connections.map(({ name }) => name)),
  };
  const { suggests = {} } = batchAgent(draft.agentType);
  const suggestionsFor = (name: string): string[] => {
    const what = suggests[name];
    return what ? had[what] : [];
  };
  return (
    <fieldset>
      <legend>Parameters of {agentTypes[draft.agentType].name}</legend>
      {parameterFieldsOf(draft.agentType).map((field) => (
        <ParameterInput
          key={field.name}
          field={field}
          value={draft.parameters[field.name]}
          error={errors[`parameters.${field.name}`]}
          suggestions={suggestionsFor(field.name)}
          onChange={(value) => change({ parameters: { ...draft.parameters, [field.name]: value } })}
        />
      ))}
    </fieldset>
  );
}

const unique = (values: string[]): string[] => [...new Set(values)];

const times = [
  ['startTimeoutSeconds', 'May wait to start'],
  ['runTimeoutSeconds', 'May run'],
  ['cancelGraceSeconds', 'Grace at cancel'],
] as const;
const limits = [
  ['memoryMib', 'Memory', ' MiB'],
  ['cpus', 'CPUs', ''],
  ['pids', 'Processes', ''],
] as const;

function Limits({ draft: { settings }, errors, change }: Omit<PartProps, 'hosts'>) {
  return (
    <fieldset>
      <legend>Time and limits</legend>
      <div className={styles.row}>
        {times.map(([name, label]) => (
          <NumberInput
            key={name}
            label={label}
            suffix=" s"
            thousandSeparator=","
            allowDecimal={false}
            value={settings[name]}
            error={errors[`settings.${name}`]}
            onChange={(value) => change({ settings: { ...settings, [name]: value } })}
          />
        ))}
      </div>
      <div className={styles.row}>
        {limits.map(([name, label, suffix]) => (
          <NumberInput
            key={name}
            label={label}
            suffix={suffix}
            value={settings.limits[name]}
            step={name === 'cpus' ? 0.5 : name === 'memoryMib' ? 128 : 1}
            error={errors[`settings.limits.${name}`]}
            onChange={(value) => change({ settings: { ...settings, limits: { ...settings.limits, [name]: value } } })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function CancelButton({ jobId, onClick }: { jobId: JobId | undefined; onClick: () => void }) {
  const name = 'Cancel';
  return jobId ? (
    <LinkButton to="/jobs/$jobId" params={{ jobId }} size="sm" variant="default" onClick={onClick}>
      {name}
    </LinkButton>
  ) : (
    <LinkButton to="/jobs" size="sm" variant="default" onClick={onClick}>
      {name}
    </LinkButton>
  );
}
