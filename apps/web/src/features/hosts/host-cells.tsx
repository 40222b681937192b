import type { Host } from '@bigeye/contracts';
import { Tooltip } from '@mantine/core';
import { Icon } from '../../components/icon.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatAhead, formatBytes, formatExact } from '../../lib/format.ts';
import { isLowOnDisk, lacksDisk } from './host-answer.ts';
import styles from './hosts.module.css';

export const None = () => <span className="faint">–</span>;

export function Certificate({ host: { certificateExpiresAt } }: { host: Host }) {
  const now = useNow();
  if (!certificateExpiresAt) return <None />;
  const end = new Date(certificateExpiresAt);
  if (end <= now)
    return (
      <Tooltip label="Run bigeye-agent register on the host again.">
        <span className={styles.warn}>
          <Icon name="warning" size={14} /> expired {formatAhead(end, now)}
        </span>
      </Tooltip>
    );
  return (
    <time dateTime={certificateExpiresAt} title={`Renewed by the host itself, good until ${formatExact(end)}`}>
      ends {formatAhead(end, now)}
    </time>
  );
}

export function Disk({ host }: { host: Host }) {
  if (host.diskFreeBytes === null) return <None />;
  const size = formatBytes(host.diskFreeBytes);
  if (!isLowOnDisk(host) && !lacksDisk(host)) return <>{size}</>;
  return (
    <Tooltip
      label={lacksDisk(host) ? 'Too little for a run to be started.' : 'A large image or report may no longer fit.'}
    >
      <span className={styles.warn}>
        <Icon name="warning" size={14} /> {size}
      </span>
    </Tooltip>
  );
}
