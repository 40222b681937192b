import type { Host } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Confirm } from '../../components/confirm.tsx';
import { useRevokeHost } from './api.ts';

/** Asks first: active runs end with it. */
export function RevokeHostButton({ host, size = 'compact-xs' }: { host: Host; size?: string }) {
  const [isAsking, asking] = useDisclosure();
  const revoke = useRevokeHost(host.id);
  const close = () => {
    asking.close();
    revoke.reset();
  };
  const active = host.runningRuns + host.queuedRuns;
  return (
    <>
      <Button variant="default" size={size} onClick={asking.open} aria-label={`Revoke ${host.id}`}>
        Revoke
      </Button>
      {isAsking && (
        <Confirm
          title={`Revoke ${host.id}?`}
          action="Revoke host"
          keep="Keep it"
          isPending={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate(undefined, { onSuccess: close })}
          onClose={close}
        >
          Its certificate is refused from now on and its connections are closed.
          {active > 0 && ` ${active === 1 ? 'Its active run ends' : `Its ${active} active runs end`} as failed.`} What
          runs on the machine itself is not stopped. To let it in again, register it again there.
        </Confirm>
      )}
    </>
  );
}
