import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import filters from './filters.module.css';
import { Icon } from './icon.tsx';

const typingMs = 300;

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A part of a name to filter a list by. It is told, and so goes into the address, once typing pauses. */
export function SearchField({ label, value, onChange }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const tell = useDebouncedCallback(onChange, typingMs);
  return (
    <TextInput
      className={filters.choose ?? ''}
      size="xs"
      aria-label={label}
      placeholder={label}
      data-search
      leftSection={<Icon name="search" size={14} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}
