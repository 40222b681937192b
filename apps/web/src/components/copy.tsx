import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { shortId } from '../lib/format.ts';
import styles from './copy.module.css';
import { Icon } from './icon.tsx';

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const clipboard = useClipboard();
  return (
    <Tooltip label={clipboard.copied ? 'Copied' : label}>
      <ActionIcon aria-label={clipboard.copied ? 'Copied' : label} onClick={() => clipboard.copy(text)} color="gray">
        <Icon name={clipboard.copied ? 'check' : 'copy'} />
      </ActionIcon>
    </Tooltip>
  );
}

/** A command to type, with its button. */
export function Command({ text }: { text: string }) {
  return (
    <div className={styles.command}>
      <code>{text}</code>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

/** 8 characters of an id; a click copies all of it. */
export function ShortId({ id }: { id: string }) {
  const clipboard = useClipboard();
  return (
    <Tooltip label={clipboard.copied ? 'Copied' : `Copy ${id}`}>
      <button type="button" className={styles.id} onClick={() => clipboard.copy(id)}>
        {shortId(id)}
      </button>
    </Tooltip>
  );
}
