import type { User } from '@bigeye/contracts';
import { ActionIcon, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Icon } from '../../components/icon.tsx';

export type UserAction = 'edit' | 'link' | 'disable' | 'enable' | 'delete';

/** What an admin can do with a user. */
export function UserMenu({ user, isSelf, ask }: { user: User; isSelf: boolean; ask: (action: UserAction) => void }) {
  const navigate = useNavigate();
  return (
    <Menu width={220}>
      <Menu.Target>
        <ActionIcon color="gray" aria-label={`Actions for ${user.name}`}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => ask('edit')}>Edit</Menu.Item>
        <Menu.Item onClick={() => navigate({ to: '/settings/api-keys', search: isSelf ? {} : { user: user.id } })}>
          API keys
        </Menu.Item>
        {user.disabledAt ? (
          <Menu.Item onClick={() => ask('enable')}>Enable</Menu.Item>
        ) : (
          <>
            <Menu.Item onClick={() => ask('link')}>New link to set a password</Menu.Item>
            <Menu.Item onClick={() => ask('disable')}>Disable</Menu.Item>
          </>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => ask('delete')}>Delete</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
