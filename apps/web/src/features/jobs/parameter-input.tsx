import { Autocomplete, NumberInput, Select, Switch, TagsInput } from '@mantine/core';
import type { ParameterField } from './parameter-fields.ts';

interface Props {
  field: ParameterField;
  value: unknown;
  error: string | undefined;
  /** Values that the chosen host is known to have. */
  suggestions: string[];
  onChange: (value: unknown) => void;
}

export function ParameterInput({
  field: { label, help, optional, input },
  value,
  error,
  suggestions,
  onChange,
}: Props) {
  const common = { label, description: help, error, withAsterisk: !optional };
  switch (input.kind) {
    case 'text':
      return (
        <Autocomplete
          {...common}
          size="sm"
          data={suggestions}
          value={String(value ?? '')}
          onChange={onChange}
          autoComplete="off"
        />
      );
    case 'list':
      return (
        <TagsInput
          {...common}
          data={suggestions}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
          placeholder={Array.isArray(value) && value.length > 0 ? '' : 'Type one and press Enter'}
          acceptValueOnBlur
        />
      );
    case 'number':
      return <NumberInput {...common} value={typeof value === 'number' ? value : ''} onChange={onChange} />;
    case 'choice':
      return <Select {...common} data={input.choices} value={String(value ?? '') || null} onChange={onChange} />;
    case 'switch':
      return (
        <Switch
          label={label}
          description={help}
          error={error}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
  }
}
