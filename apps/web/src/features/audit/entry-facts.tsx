import type { AuditEntry } from '@bigeye/contracts';
import { Facts } from '../../components/page.tsx';
import { formatExact, sentenceOf } from '../../lib/format.ts';
import { actionWords } from './action-words.ts';
import styles from './audit.module.css';

/** All of one entry. */
export function EntryFacts({ entry }: { entry: AuditEntry }) {
  return (
    <Facts
      facts={[
        ['When', formatExact(new Date(entry.at))],
        [
          'Who',
          ['user', entry.actorName].includes(entry.actorKind)
            ? entry.actorName
            : `${entry.actorName} (${entry.actorKind})`,
        ],
        ['Id', entry.actorId],
        ['Proven by', entry.credential],
        ['From', entry.address],
        ['What', `${actionWords(entry.action)} (${entry.action})`],
        ['Result', `${entry.status} ${entry.errorCode ?? ''}`],
        ...Object.entries(entry.details).map(([name, value]): [string, string] => [sentenceOf(name), value]),
        ['Request', entry.requestId],
        [
          'Hash before',
          <span key="before" className={styles.hash}>
            {entry.previousHash}
          </span>,
        ],
        [
          'Hash',
          <span key="hash" className={styles.hash}>
            {entry.hash}
          </span>,
        ],
      ]}
    />
  );
}
