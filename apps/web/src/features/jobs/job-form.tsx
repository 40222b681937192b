import { agentTypes, BatchAgentType, batchAgent, type Host, HostId, type Job, type JobId } from '@bigeye/contracts';
import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { SearchingSelect } from '../../components/searching-select.tsx';
import { findHosts, hostQuery } from '../hosts/api.ts';
import { HostStateIcon } from '../hosts/host-state.tsx';
import { useSaveJob } from './api.ts';
import { JobChanged } from './job-changed.tsx';
import { changesOf, limits, times } from './job-fields.ts';
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

/** Creates a job, `on` this host if one is named, or changes `job`. */
export function JobForm({ job, on }: { job?: Job; on?: Host | undefined }) {
  const now = { version: job?.version ?? 0, draft: job ? draftOf(job) : draftOn(on) };
  const kept = useKeptDraft(job?.id, now);
  const { draft } = kept;
  const host = useQuery(hostQuery(HostId.safeParse(draft.hostId).data)).data ?? undefined;
  const [errors, setErrors] = useState<FieldErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const save = useSaveJob();
  const change = (part: Partial<JobDraft>) => {
    kept.change(part);
    setErrors((before) => errorsWithout(before, Object.keys(part)));
  };
  const refuse = (found: FieldErrors) => {
    setErrors(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  };

  // While it is saved, the newer version may be this one.
  const isBehind = kept.isBehind && !save.isPending && !save.isSuccess;
  const takeOver = () => {
    kept.takeOver();
    save.reset();
    setErrors({});
  };
  const overwrite = () => {
    kept.keepMine();
    send(now.version);
  };

  const send = (version: number) => {
    const checked = checkDraft(draft);
    if ('errors' in checked) return refuse(checked.errors);
    setErrors({});
    const of = job && { jobId: job.id, version };
    save.mutate(
      { input: checked.input, of },
      {
        onSuccess: ({ id }) => {
          kept.forget();
          return navigate({ to: '/jobs/$jobId', params: { jobId: id } });
        },
        onError: (error) => refuse(errorsOfServer(error)),
      },
    );
  };
  const isAtFields = Object.keys(errorsOfServer(save.error)).length > 0;

  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send(kept.base.version);
      }}
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
      <HostAndType host={host} draft={draft} errors={errors} change={change} />
      <TextInput
        label="Name"
        placeholder="nightly lineage"
        withAsterisk
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={errors.name}
      />
      <Parameters host={host} draft={draft} errors={errors} change={change} />
      <Limits draft={draft} errors={errors} change={change} />
      {job && isBehind && (
        <JobChanged
          job={job}
          changes={changesOf(kept.base.draft, now.draft, draft)}
          onTakeOver={takeOver}
          onOverwrite={overwrite}
        />
      )}
      {save.error && !isAtFields && !isBehind && <ErrorNotice error={save.error} />}
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
  /** The one that is chosen, once it is known. */
  host: Host | undefined;
  draft: JobDraft;
  errors: FieldErrors;
  change: (part: Partial<JobDraft>) => void;
}

function HostAndType({ host, draft, errors, change }: PartProps) {
  const client = useQueryClient();
  const installed = (type: string) => host?.managedAgents.some((agent) => agent.type === type) ?? true;
  // What was typed for one agent type is not lost on the way over another.
  const typed = useRef<Partial<Record<BatchAgentType, JobDraft['parameters']>>>({});
  const chooseType = (agentType: BatchAgentType | null) => {
    if (draft.agentType) typed.current[draft.agentType] = draft.parameters;
    change({ agentType, parameters: agentType ? (typed.current[agentType] ?? initialParameters(agentType)) : {} });
  };
  const chooseHost = (chosen: Host | undefined) => {
    if (!chosen) return;
    client.setQueryData(hostQuery(chosen.id).queryKey, chosen);
    const types = chosen.managedAgents.map(({ type }) => type);
    const possible = BatchAgentType.options.filter((type) => types.includes(type));
    change({ hostId: chosen.id });
    if (possible.length === 1 && possible[0] && possible[0] !== draft.agentType) chooseType(possible[0]);
    else if (draft.agentType && !types.includes(draft.agentType)) chooseType(null);
  };
  return (
    <>
      <SearchingSelect
        label="Host"
        withAsterisk
        placeholder="Choose a host"
        allowDeselect={false}
        openOnFocus={false}
        error={errors.hostId}
        nothingFound="No host of that name"
        leftSection={host ? <HostStateIcon state={host.state} /> : null}
        find={findHosts}
        toChoice={(one) => ({ value: one.id, label: one.id, disabled: reasonOf(one) !== undefined })}
        renderItem={(one) => <HostOption host={one} />}
        chosen={draft.hostId === null ? undefined : { value: draft.hostId, label: draft.hostId }}
        onChoose={chooseHost}
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

const reasonOf = (host: Host): string | undefined => reasonAgainst(host, BatchAgentType.options);

function HostOption({ host }: { host: Host }) {
  return (
    <span className={styles.option}>
      <HostStateIcon state={host.state} />
      {host.id}
      <small>{reasonOf(host) ?? (host.state === 'online' ? 'online' : 'not online: runs wait')}</small>
    </span>
  );
}

function Parameters({ host, draft, errors, change }: PartProps) {
  if (!draft.agentType)
    return <p className={styles.hint}>Its parameters appear here once host and agent type are chosen.</p>;
  const agent = host?.managedAgents.find(({ type }) => type === draft.agentType);
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

function Limits({ draft: { settings }, errors, change }: Omit<PartProps, 'host'>) {
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
