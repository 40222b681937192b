import { Role } from '@bigeye/contracts';
import { Select, TextInput } from '@mantine/core';
import type { FieldErrors } from '../../lib/field-errors.ts';

export interface UserDraft {
  name: string;
  role: Role;
}

const roleWords: Record<Role, string> = {
  viewer: 'viewer (reads)',
  member: 'member (also changes jobs, starts runs)',
  admin: 'admin (also users, keys, hosts)',
};

export function UserFields({
  draft,
  errors,
  change,
}: {
  draft: UserDraft;
  errors: FieldErrors;
  change: (part: Partial<UserDraft>) => void;
}) {
  return (
    <>
      <TextInput
        label="Name"
        withAsterisk
        autoComplete="off"
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={errors.name}
      />
      <Select
        label="Role"
        withAsterisk
        allowDeselect={false}
        data={Role.options.map((role) => ({ value: role, label: roleWords[role] }))}
        value={draft.role}
        onChange={(role) => change({ role: Role.parse(role) })}
        error={errors.role}
      />
    </>
  );
}
