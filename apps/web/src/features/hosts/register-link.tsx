import type { ReactNode } from 'react';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { useMay } from '../access/api.ts';

/** The way to the page that registers a host, for those who may; `orElse`: what the others are told. */
export function RegisterLink({ orElse }: { orElse?: ReactNode }) {
  if (!useMay('createRegistrationKey')) return orElse ? <p>{orElse}</p> : null;
  return (
    <LinkButton data-create to="/settings/agents/hosts/register" search={{}} leftSection={<Icon name="plus" />}>
      Register a host
    </LinkButton>
  );
}
