import type { HostSetup, HostSetupAddress } from '@bigeye/contracts';
import { TextInput } from '@mantine/core';
import { Icon } from '../../components/icon.tsx';
import styles from './register.module.css';
import { addressOf } from './register-commands.ts';

const addressFor = ({ addresses }: HostSetup, name: HostSetupAddress['setting']): HostSetupAddress | undefined =>
  addresses.find(({ setting }) => setting === name);

/** Never this page's own address: what a browser reaches, a container may not. */
export function initialAddress(setup: HostSetup): string {
  const api = addressFor(setup, 'PUBLIC_URL');
  return api?.reach === 'network' ? (addressOf(api.value) ?? '') : '';
}

/** What the control plane tells hosts leads them nowhere; only who runs it can change that. */
export function UnreachableNotice({ setup }: { setup: HostSetup }) {
  const wrong = setup.addresses.filter(({ reach }) => reach !== 'network');
  if (wrong.length === 0) return null;
  return (
    <div className={styles.notice} role="note">
      <Icon name="warning" />
      <div>
        <p>
          Other machines, and containers on this one, do not reach the control plane by the{' '}
          {wrong.length === 1 ? 'address' : 'addresses'} it gives them:
        </p>
        <ul>
          {wrong.map(({ setting, value, isSet }) => (
            <li key={setting}>
              <code className="mono">{setting}</code> {isSet ? 'is' : 'is not set, which makes it'}{' '}
              <code className="mono">{value}</code>
            </li>
          ))}
        </ul>
        <p>
          Whoever runs the control plane sets {wrong.length === 1 ? 'it' : 'them'} to what hosts reach, lets it listen
          there (API_LISTEN, GATEWAY_LISTEN, HOST_API_LISTEN), and starts it again.
        </p>
      </div>
    </div>
  );
}

export function AddressField({
  setup,
  typed,
  onChange,
}: {
  setup: HostSetup;
  typed: string;
  onChange: (typed: string) => void;
}) {
  const isKnown = addressFor(setup, 'PUBLIC_URL')?.reach === 'network';
  return (
    <TextInput
      className={styles.address ?? ''}
      label="Address of the control plane"
      description={
        isKnown
          ? 'As PUBLIC_URL says. The machine and its containers have to reach it.'
          : 'As the machine and its containers reach it; it becomes a part of the commands below.'
      }
      placeholder="https://bigeye.example.com"
      value={typed}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={typed !== '' && !addressOf(typed) ? 'An http or https address' : undefined}
    />
  );
}
