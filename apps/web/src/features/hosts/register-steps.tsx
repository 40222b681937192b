import { describeError, type Host, type HostId, type HostSetup } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Command } from '../../components/copy.tsx';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { TextWithCommands } from '../../components/text-with-commands.tsx';
import { Ago } from '../../components/time.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatAhead } from '../../lib/format.ts';
import { AddressField, initialAddress, UnreachableNotice } from './host-addresses.tsx';
import { RevokeKeyButton } from './open-keys.tsx';
import styles from './register.module.css';
import {
  addressOf,
  connectorCommands,
  copyKeysCommand,
  downloadCommand,
  folderCommand,
  imagesCommand,
  installCommands,
  registerCommand,
} from './register-commands.ts';
import { isRegistered, type Progress } from './registration-progress.ts';

interface Props {
  setup: HostSetup;
  /** One that most likely has the account's keys. */
  otherHost: Host | undefined;
  progress: Progress;
  hostId: HostId;
  /** Its value, where this page made it. */
  registrationKey: string | undefined;
  makeKey: (input: { hostId: HostId; replaces: boolean }) => void;
  isMaking: boolean;
}

/** What to do on the machine, one after the other; each is ticked, and folds up, as the machine reports it. */
export function RegisterSteps(props: Props) {
  const { setup, otherHost: other, progress, hostId } = props;
  const [typed, setTyped] = useState(initialAddress(setup));
  const apiUrl = addressOf(typed);
  const isIn = isRegistered(progress.stage);
  return (
    <>
      {!isIn && (
        <>
          <UnreachableNotice setup={setup} />
          <AddressField setup={setup} typed={typed} onChange={setTyped} />
        </>
      )}
      <ol className={styles.steps}>
        <Step title="A machine with Docker" isDone={isIn}>
          {!isIn && <Needs setup={setup} hostId={hostId} />}
        </Step>
        <Step title="bigeye-agent, in a folder of its own" isDone={isIn}>
          {!isIn && (
            <>
              <Command text={folderCommand(hostId)} />
              <Download setup={setup} apiUrl={apiUrl} />
            </>
          )}
        </Step>
        {other && !isIn && (
          <Step title="The account’s keys" isDone={false}>
            <p>
              All hosts of an account share one key pair, and this control plane never has its private half.{' '}
              {describeError('AGENT_CONFIG_MISSING', { hostIds: [other.id] }).remedy} Where both machines are reached by
              their names and have a folder of the same name:
            </p>
            <Command text={copyKeysCommand(other.id)} />
          </Step>
        )}
        <Step title="Register" isDone={isIn}>
          {isIn ? <Registered progress={progress} /> : <Register {...props} apiUrl={apiUrl} />}
        </Step>
        <Step title="Online" isDone={progress.stage === 'online'}>
          <Online progress={progress} />
        </Step>
        <Step title={agentTitle} isDone={progress.hasAgent}>
          {progress.hasAgent ? <p>It is installed.</p> : <NamedCommands commands={installCommands} />}
        </Step>
        <Step title="A connection to what it reads" isDone={progress.connections.length > 0}>
          {progress.connections.length > 0 && <p>{progress.connections.join(', ')}. For another one:</p>}
          {progress.connections.length === 0 && <p>What it is told stays on the machine.</p>}
          <NamedCommands commands={connectorCommands} />
        </Step>
        <Step title="A job" isDone={false}>
          {progress.hasAgent ? (
            <LinkButton
              to="/jobs/new"
              search={{ host: hostId }}
              variant={progress.connections.length > 0 ? 'filled' : 'default'}
            >
              Create a job on {hostId}
            </LinkButton>
          ) : (
            <p>Once an agent is there, it is created here.</p>
          )}
        </Step>
      </ol>
    </>
  );
}

const [onlyAgent, ...otherAgents] = installCommands;
const agentTitle = onlyAgent && otherAgents.length === 0 ? `An agent: ${onlyAgent.name}` : 'An agent';

/** A choice of commands, each with its name where there are several. */
function NamedCommands({ commands }: { commands: { name: string; asksFor?: string; command: string }[] }) {
  return commands.map(({ name, asksFor, command }) => (
    <div key={command}>
      {(asksFor || commands.length > 1) && (
        <p>
          {name}
          {asksFor && `, which asks for ${asksFor}`}:
        </p>
      )}
      <Command text={command} />
    </div>
  ));
}

function Step({ title, isDone, children }: { title: string; isDone: boolean; children: ReactNode }) {
  return (
    <li className={styles.step} data-done={isDone || undefined}>
      <h2>
        {title}
        {isDone && (
          <span className={styles.done}>
            <Icon name="check" size={14} />
            <span className="visually-hidden">done</span>
          </span>
        )}
      </h2>
      {children}
    </li>
  );
}

function Needs({ setup, hostId }: { setup: HostSetup; hostId: HostId }) {
  return (
    <>
      <p>
        Docker Engine with the Compose plugin, a user in the group docker (no sudo), and Node 24. It connects outward
        only, to {setup.addresses.map(({ value }) => value).join(', ')}.
      </p>
      <details>
        <summary>Where its Docker reaches no registry that has the images</summary>
        <p>On a machine that has them:</p>
        <Command text={imagesCommand(setup.images, hostId)} />
      </details>
    </>
  );
}

function Download({ setup: { cli }, apiUrl }: { setup: HostSetup; apiUrl: string | undefined }) {
  if (!cli)
    return (
      <p>
        This control plane serves no bigeye-agent: its setting CLI_FILE names none. Bring the file dist/bigeye-agent
        that <code className="mono">node script/build.ts cli</code> makes.
      </p>
    );
  if (!apiUrl) return <p>The command stands here once the address is known.</p>;
  return (
    <>
      <Command text={downloadCommand(apiUrl, cli)} />
      <p className="quiet">
        The second part compares what came with what this control plane has: SHA-256{' '}
        <code className="mono">{cli.sha256}</code>.
      </p>
    </>
  );
}

function Register({
  setup,
  hostId,
  progress: { key },
  registrationKey,
  makeKey,
  isMaking,
  apiUrl,
}: Props & { apiUrl: string | undefined }) {
  const now = useNow();
  if (!key) return null;
  if (!registrationKey)
    return (
      <>
        <p>
          A key for {hostId} was made by {key.createdBy} <Ago at={key.createdAt} />, and is not used. It was shown once:
          who does not have the command any more makes a new key, and the old one ends.
        </p>
        <div className={styles.row}>
          <Button variant="default" loading={isMaking} onClick={() => makeKey({ hostId, replaces: key.replaces })}>
            Make a new key
          </Button>
          <RevokeKeyButton registrationKey={key} label="Revoke the key" />
        </div>
      </>
    );
  return (
    <>
      {apiUrl ? (
        <>
          <p>
            Copy it now: the key in it is shown only this once. It is good for {hostId} alone, once, and ends{' '}
            {formatAhead(new Date(key.expiresAt), now)}. The space at the beginning keeps it out of the history of the
            shell.
          </p>
          {/* biome-ignore lint/a11y/useSemanticElements: no form field, only a name for what is inside. */}
          <div role="group" aria-label="Command to register">
            <Command text={registerCommand(registrationKey, { hostId, apiUrl, caFingerprint: setup.caFingerprint })} />
          </div>
        </>
      ) : (
        <p>The command stands here once the address is known.</p>
      )}
      <div className={styles.row}>
        <span role="status" className={styles.waiting}>
          Waiting for {hostId} …
        </span>
        <RevokeKeyButton registrationKey={key} label="Revoke the key" />
      </div>
    </>
  );
}

function Registered({ progress: { key, host } }: { progress: Progress }) {
  if (!key?.usedAt)
    return host ? (
      <p>
        Registered <Ago at={host.registeredAt} />.
      </p>
    ) : null;
  return (
    <p>
      The key was used <Ago at={key.usedAt} /> from {key.usedFrom}. If that was not you, revoke the host under Settings
      → Agents → Hosts.
    </p>
  );
}

function Online({ progress: { stage, host } }: { progress: Progress }) {
  if (stage === 'waiting') return <p>It appears here within five seconds of its start.</p>;
  if (stage === 'starting')
    return (
      <p role="status">
        Waiting for its first word. Where none comes within a minute, the command on the machine says why:{' '}
        <TextWithCommands text={'"bigeye-agent compose status"'} />.
      </p>
    );
  if (stage === 'offline')
    return (
      <p>
        On the machine: <TextWithCommands text={'"bigeye-agent compose status"'} />.
      </p>
    );
  if (host?.engineReachable === false) return <p>Its Docker engine does not answer its orchestrator.</p>;
  return host?.lastSeenAt ? (
    <p>
      Heard <Ago at={host.lastSeenAt} />.
    </p>
  ) : null;
}
