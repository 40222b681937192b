import { AppError, type RouteName, routes } from '@bigeye/contracts';
import { ErrorNotice } from '../../components/notice.tsx';
import { useUser } from './api.ts';

/** Instead of what would be refused in the end: which role it takes, and whom to ask. */
export function NotAllowed({ name }: { name: RouteName }) {
  const user = useUser();
  const { access } = routes[name];
  if (!user || access.kind !== 'role') return null;
  return <ErrorNotice error={new AppError('FORBIDDEN', { role: user.role, needed: access.role })} />;
}
