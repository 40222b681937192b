import styles from './copy.module.css';
import { CopyButton } from './copy.tsx';

/** A key or link that is shown this once. */
export function Secret({ name, value, text }: { name: string; value: string; text: string }) {
  return (
    <div className={styles.secret}>
      <p>{text}</p>
      {/* biome-ignore lint/a11y/useSemanticElements: no form field, only a name for what is inside. */}
      <div className={styles.command} role="group" aria-label={name}>
        <code>{value}</code>
        <CopyButton text={value} label={`Copy the ${name.toLowerCase()}`} />
      </div>
    </div>
  );
}
