import { Modal } from '@mantine/core';
import styles from './keyboard.module.css';

const keys: [string[], string][] = [
  [['/'], 'Search on this page'],
  [['g', 'r'], 'Go to the runs'],
  [['g', 'j'], 'Go to the jobs'],
  [['g', 'l'], 'Go to lineage'],
  [['g', 'h'], 'Go to the hosts'],
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['Enter'], 'Open the row'],
  [['c'], 'Create'],
  [['Esc'], 'Leave the search'],
  [['?'], 'This list'],
];

/** What each key does. Loaded when it is asked for. */
export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard" size="sm">
      <dl className={styles.keys}>
        {keys.map(([combination, meaning]) => (
          <div key={meaning}>
            <dt>
              {combination.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
