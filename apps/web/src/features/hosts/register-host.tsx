import { HostId } from '@bigeye/contracts';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { Command } from '../../components/copy.tsx';
import styles from './hosts.module.css';

/** The exact command that registers a machine, and what it will do. */
export function RegisterHost() {
  const [hostId, setHostId] = useState('');
  const isValid = HostId.safeParse(hostId).success;
  return (
    <div className={styles.register}>
      <TextInput
        label="Host id"
        description="Letters, digits and hyphens. It names the machine from now on."
        placeholder="etl-01"
        value={hostId}
        onChange={(event) => setHostId(event.currentTarget.value)}
        error={hostId !== '' && !isValid ? 'Letters, digits and hyphens only, at most 256' : null}
        style={{ maxWidth: 420 }}
      />
      <div>
        <Command text={`bigeye-agent register --host-id ${isValid ? hostId : 'etl-01'} --api-url ${location.origin}`} />
      </div>
      <ol>
        <li>Run it on the machine, beside its bigeye_agent.yml. It needs Docker with the Compose plugin.</li>
        <li>
          It asks for the personal API key of an admin, makes the machine’s own key, and gets a certificate for it.
        </li>
        <li>It starts two services: the orchestrator, and the guard in front of the Docker socket.</li>
        <li>The machine connects outward only. It appears here within five seconds of its start.</li>
      </ol>
    </div>
  );
}
