import { HostId, isAppError } from '@bigeye/contracts';
import { Checkbox, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from '../../components/form.tsx';
import { hostQuery } from './api.ts';
import { hostStateWords } from './host-state-words.ts';

const typingMs = 200;

interface Props {
  initial: string;
  isPending: boolean;
  error: unknown;
  onSubmit: (input: { hostId: HostId; replaces: boolean }) => void;
}

/** The name of the machine; where a host has it already, the admin has to say that another one takes its place. */
export function KeyForm({ initial, isPending, error, onSubmit }: Props) {
  const [typed, setTyped] = useState(initial);
  const [isTold, setTold] = useState(false);
  const [replaces, setReplaces] = useState(false);
  const hostId = HostId.safeParse(typed.trim());
  const [asked] = useDebouncedValue(hostId.data, typingMs);
  const { data: found } = useQuery(hostQuery(asked));
  // Where it is not known yet, the control plane says so when the key is asked for.
  const taken = found && found.id === hostId.data && found.state !== 'revoked' ? found : undefined;
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
