import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Icon } from '../../components/icon.tsx';
import { useSignOut, useUser } from './api.ts';

const schemes = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

export function AccountMenu() {
  const user = useUser();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (!user) return null;
  return (
    <Menu width={240}>
      <Menu.Target>
        <ActionIcon color="gray" aria-label={`Account of ${user.name}`}>
          <Icon name="user" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label style={{ overflowWrap: 'anywhere' }}>
          {user.email}
          <br />
          Signed in as {user.role}
        </Menu.Label>
        <Menu.Item onClick={() => navigate({ to: '/settings/profile' })}>Profile, password and sessions</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(([value, name]) => (
          <Menu.Item
            key={value}
            onClick={() => setColorScheme(value)}
            rightSection={colorScheme === value ? <Icon name="check" /> : null}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          onClick={() => signOut.mutate(undefined, { onSuccess: () => navigate({ to: '/sign-in', search: {} }) })}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
