import { useNow } from '../lib/clock.ts';
import { formatClock } from '../lib/format.ts';
import { readGate, useOutage } from '../lib/outage.ts';
import { Icon } from './icon.tsx';
import styles from './outage-banner.module.css';

/** Shorter interruptions are nobody's concern. */
const tellAfterMs = 2000;

/** The outage, once it is one to speak of. */
export function useToldOutage() {
  const outage = useOutage();
  const now = useNow();
  return outage && now.getTime() - outage.since.getTime() >= tellAfterMs ? outage : undefined;
}

/** Over every page while the control plane does not answer: since when, and what is done about it. */
export function OutageBanner() {
  const outage = useToldOutage();
  return (
    <div role="status">
      {outage && (
        <p className={styles.banner}>
          <Icon name="warning" />
          <span>
            The control plane does not answer since {formatClock(outage.since)}. What you see is from before.{' '}
            <NextTry at={outage.nextTryAt} />
          </span>
        </p>
      )}
    </div>
  );
}

function NextTry({ at }: { at: Date | undefined }) {
  const now = useNow();
  const seconds = at && Math.ceil((at.getTime() - now.getTime()) / 1000);
  if (seconds === undefined || seconds <= 0) return <>It is asked again now.</>;
  return (
    <>
      It is asked again in {seconds} s.{' '}
      <button type="button" onClick={readGate.tryNow}>
        Ask now
      </button>
    </>
  );
}
