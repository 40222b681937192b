import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorNotice } from './notice.tsx';

interface Props {
  title: string;
  /** What happens then. */
  children: ReactNode;
  /** On the button that does it, for example "Delete key". */
  action: string;
  /** On the button that leaves all as it is. */
  keep?: string;
  /** Nothing is lost by it. */
  isHarmless?: boolean;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that others will notice. The safe answer has the focus. */
export function Confirm(props: Props) {
  const { title, children, action, keep = 'Keep it as it is', isHarmless = false } = props;
  const { isPending, error, onConfirm, onClose } = props;
  return (
    <Modal opened onClose={onClose} title={title}>
      <p>{children}</p>
      {error ? (
        <div style={{ marginTop: 12 }}>
          <ErrorNotice error={error} />
        </div>
      ) : null}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {keep}
        </Button>
        <Button {...(isHarmless ? {} : { color: 'red.8' })} loading={isPending} onClick={onConfirm}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
