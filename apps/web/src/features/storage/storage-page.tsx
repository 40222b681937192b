import type { StorageReport } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Answer, Facts, Page, Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { storageQuery } from './api.ts';
import { cleaningWords, type Kept, keptOf, keptWords, storageAnswer } from './storage-words.ts';

/** What is kept, how much room does it take, and when does it go? */
export function StoragePage() {
  const storage = useQuery(storageQuery);
  const { data } = storage;
  return (
    <Page title="Storage">
      <Answer answer={data && storageAnswer(data)} reads={[storage]} of="The storage" />
      {!isMissing(storage) && (
        <>
          <DataTable
            label="What is kept"
            columns={keptColumns}
            rows={data && keptOf(data)}
            rowKey={({ name }) => name}
            expectedRows={4}
          />
          {data && <Places report={data} />}
          <Section title="Largest tables of the database" />
          <DataTable
            label="Largest tables of the database"
            columns={tableColumns}
            rows={data?.tables}
            rowKey={({ name }) => name}
            expectedRows={8}
          />
        </>
      )}
    </Page>
  );
}

function Places({ report: { objectStore, databaseBytes, lastCleaning } }: { report: StorageReport }) {
  return (
    <>
      <Section title="Where, and what went" />
      <Facts
        facts={[
          ['Database', formatBytes(databaseBytes)],
          ['Object store', <code key="store">{objectStore}</code>],
          ['Cleaned last', lastCleaning && <Ago at={lastCleaning.at} />],
          ['What went', cleaningWords(lastCleaning)],
        ]}
      />
    </>
  );
}

const orDash = (value: number | null, format: (value: number) => string) =>
  value === null ? <span className="faint">–</span> : <span className="numbers">{format(value)}</span>;

const keptColumns: Column<Kept>[] = [
  { name: 'What', width: 120, grows: 1, cell: ({ name }) => name },
  { name: 'Count', width: 90, end: true, cell: ({ count }) => orDash(count, formatCount) },
  { name: 'Size', width: 90, end: true, leftOut: 2, cell: ({ bytes }) => orDash(bytes, formatBytes) },
  { name: 'Stored as', width: 100, end: true, leftOut: 1, cell: ({ storedBytes }) => orDash(storedBytes, formatBytes) },
  {
    name: 'Oldest',
    width: 120,
    leftOut: 4,
    cell: ({ oldestAt }) => (oldestAt ? <Ago at={oldestAt} /> : <span className="faint">–</span>),
  },
  { name: 'Kept', width: 90, cell: ({ keptDays }) => keptWords(keptDays) },
  { name: 'Went last', width: 90, end: true, leftOut: 3, cell: ({ removed }) => orDash(removed, formatCount) },
  { name: 'Setting', width: 190, leftOut: 5, cell: ({ setting }) => <code>{setting}</code> },
];

const tableColumns: Column<StorageReport['tables'][number]>[] = [
  { name: 'Table', width: 180, grows: 1, cell: ({ name }) => <code>{name}</code> },
  { name: 'Size', width: 100, end: true, cell: ({ bytes }) => <span className="numbers">{formatBytes(bytes)}</span> },
];
