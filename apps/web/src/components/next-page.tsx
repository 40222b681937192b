import { Button } from '@mantine/core';
import styles from './next-page.module.css';

interface Props {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  /** What comes, for example "Older runs". */
  label: string;
}

/** Below a list that goes on: a list never ends in silence. */
export function NextPage({ list, label }: Props) {
  if (!list.hasNextPage) return null;
  return (
    <div className={styles.next}>
      <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {label}
      </Button>
    </div>
  );
}
