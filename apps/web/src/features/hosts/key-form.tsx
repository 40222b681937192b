import { type Host, HostId, isAppError } from '@bigeye/contracts';
import { Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Form } from '../../components/form.tsx';
import { hostStateWords } from './host-state-words.ts';

interface Props {
  initial: string;
  hosts: Host[];
  isPending: boolean;
  error: unknown;
  onSubmit: (input: { hostId: HostId; replaces: boolean }) => void;
}

/** The name of the machine; where a host has it already, the admin has to say that another one takes its place. */
export function KeyForm({ initial, hosts, isPending, error, onSubmit }: Props) {
  const [typed, setTyped] = useState(initial);
  const [isTold, setTold] = useState(false);
  const [replaces, setReplaces] = useState(false);
  const hostId = HostId.safeParse(typed.trim());
  const taken = hosts.find(({ id, state }) => id === hostId.data && state !== 'revoked');
  const faultOfId = hostId.success ? undefined : faultOf(typed);
  const submit = () => {
    setTold(true);
    if (hostId.success && (!taken || replaces)) onSubmit({ hostId: hostId.data, replaces: taken !== undefined });
  };
  return (
    <Form
      label="Register a host"
      submit="Make a registration key"
      isPending={isPending}
      error={isAppError(error, 'INVALID_INPUT') ? undefined : error}
      onSubmit={submit}
    >
      <TextInput
        label="Host id"
        description="It names the machine from now on: letters, digits and hyphens."
        placeholder="etl-01"
        withAsterisk
        autoFocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setReplaces(false);
        }}
        error={isTold || typed !== '' ? faultOfId : undefined}
      />
      {taken && (
        <Checkbox
          label={`Put another machine in the place of ${taken.id}`}
          description={`${taken.id} is registered already, and ${hostStateWords[taken.state]}. Whoever uses this key becomes ${taken.id}: the certificate and the agent API key of the machine that is it now are refused from then on.`}
          checked={replaces}
          onChange={(event) => setReplaces(event.currentTarget.checked)}
          error={isTold && !replaces ? 'Say so, or choose another id' : undefined}
        />
      )}
      <p className="quiet">
        The key registers this one host, once, within an hour. It is shown this once and opens nothing else.
      </p>
    </Form>
  );
}

const faultOf = (typed: string): string =>
  typed.trim() === '' ? 'Give the machine a name' : 'Letters, digits and hyphens only, at most 256';
