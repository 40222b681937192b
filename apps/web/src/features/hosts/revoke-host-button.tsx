import type { Host } from '@bigeye/contracts';
import { Button, Group, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ErrorNotice } from '../../components/notice.tsx';
import { useRevokeHost } from './api.ts';

/** Asks first: active runs end with it. */
export function RevokeHostButton({ host }: { host: Host }) {
  const [isAsking, asking] = useDisclosure();
  const revoke = useRevokeHost(host.id);
  const close = () => {
    asking.close();
    revoke.reset();
  };
  const active = host.runningRuns + host.queuedRuns;
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={asking.open} aria-label={`Revoke ${host.id}`}>
        Revoke
      </Button>
      <Modal opened={isAsking} onClose={close} title={`Revoke ${host.id}?`}>
        <p>
          Its certificate is refused from now on and its connections are closed.
          {active > 0 && ` ${active === 1 ? 'Its active run ends' : `Its ${active} active runs end`} as failed.`} What
          runs on the machine itself is not stopped. To let it in again, register it again there.
        </p>
        {revoke.error && (
          <div style={{ marginTop: 12 }}>
            <ErrorNotice error={revoke.error} action={<span />} />
          </div>
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red.8"
            loading={revoke.isPending}
            onClick={() => revoke.mutate(undefined, { onSuccess: close })}
          >
            Revoke host
          </Button>
        </Group>
      </Modal>
    </>
  );
}
