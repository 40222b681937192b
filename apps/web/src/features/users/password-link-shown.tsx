import type { PasswordLink } from '@bigeye/contracts';
import { Button, Group } from '@mantine/core';
import { Secret } from '../../components/secret.tsx';
import { formatExact } from '../../lib/format.ts';

export function PasswordLinkShown({ name, link, onDone }: { name: string; link: PasswordLink; onDone: () => void }) {
  const until = formatExact(new Date(link.expiresAt));
  return (
    <>
      <Secret
        name="Link"
        value={link.url}
        text={`Give this link to ${name}: with it they set their password. It works once, until ${until}, and is shown only now.`}
      />
      <Group justify="flex-end" mt="lg">
        <Button onClick={onDone}>Done</Button>
      </Group>
    </>
  );
}
