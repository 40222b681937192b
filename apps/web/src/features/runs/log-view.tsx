import { fillPath, isActive, type Run, routes } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatCount } from '../../lib/format.ts';
import styles from './log.module.css';
import { LogBar } from './log-bar.tsx';
import { isErrorLine, lineOfHash } from './log-line.ts';
import { classOfRow, LogRow } from './log-row.tsx';
import { useLogPages } from './use-log-pages.ts';
import { useLogRows } from './use-log-rows.ts';

const rowHeight = 20;
/** Closer to the end than this counts as being there. */
const endMargin = 2 * rowHeight;

/** The log of a run: virtual, live, and following only while its end is in view. */
export function LogView({ run }: { run: Run }) {
  const pages = useLogPages(run.id, run.logLines);
  const [search, setSearch] = useState('');
  const [stderrOnly, setStderrOnly] = useState(false);
  const [wrap, setWrap] = useState(true);
  const [match, setMatch] = useState(0);
  const rows = useLogRows(pages, search, stderrOnly);
  const { chosen, choose } = useChosenLine();
  const scroll = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(chosen === undefined);
  const following = useRef(chosen === undefined);

  const virtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 30,
    getItemKey: (row) => rows.numberAt(row),
  });
  const items = virtual.getVirtualItems();
  const first = rows.numberAt(items[0]?.index ?? 0);
  const last = rows.numberAt(items.at(-1)?.index ?? 0);
  const total = pages.total();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that grew has more to read.
  useEffect(() => pages.need(first, last), [pages, first, last, total]);

  const show = useCallback(
    (number: number) => {
      following.current = false;
      virtual.scrollToIndex(rows.rowOf(number), { align: 'center' });
    },
    [virtual, rows],
  );
  const toEnd = useCallback(() => {
    following.current = true;
    setIsAtEnd(true);
    if (rows.count > 0) virtual.scrollToIndex(rows.count - 1, { align: 'end' });
  }, [virtual, rows.count]);

  const size = virtual.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what pushes the end out of view.
  useLayoutEffect(() => {
    const element = scroll.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [size, rows.count]);

  const onScroll = () => {
    const element = scroll.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < endMargin;
    following.current = atEnd;
    setIsAtEnd(atEnd);
  };

  const showFirst = useRef(chosen);
  useEffect(() => {
    if (showFirst.current === undefined || rows.count < showFirst.current) return;
    show(showFirst.current);
    showFirst.current = undefined;
  }, [rows.count, show]);

  const moveMatch = (by: number) => {
    const { matches } = rows;
    if (matches.length === 0) return;
    const next = (match + by + matches.length) % matches.length;
    setMatch(next);
    show(matches[next] ?? 1);
  };
  const firstMatch = rows.matches[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: a search begins at its first match, whatever comes later.
  useEffect(() => {
    setMatch(0);
    if (firstMatch !== undefined) show(firstMatch);
  }, [firstMatch, search]);

  const jump = useJumpToError(pages, (number) => {
    setStderrOnly(false);
    choose(number);
    show(number);
  });

  return (
    <section className={styles.log} aria-label="Log">
      <LogBar
        state={stateWords(run)}
        search={search}
        setSearch={setSearch}
        rows={rows}
        match={match}
        moveMatch={moveMatch}
        wrap={wrap}
        setWrap={setWrap}
        stderrOnly={stderrOnly}
        setStderrOnly={setStderrOnly}
        jumpToError={jump}
        downloadUrl={fillPath(routes.downloadRunLog.path, { runId: run.id })}
      />
      {pages.failure() !== undefined && <ErrorNotice error={pages.failure()} retry={() => pages.need(first, last)} />}
      <div className={styles.frame}>
        <div
          ref={scroll}
          className={styles.scroll}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label="Lines"
        >
          {rows.count === 0 && <p className={styles.nothing}>{nothingWords(run, stderrOnly)}</p>}
          <div className={`${styles.rows} ${wrap ? styles.wrap : ''}`} style={{ height: size }}>
            {items.map((item) => {
              const number = rows.numberAt(item.index);
              const line = pages.line(number);
              return (
                <div
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  className={classOfRow(line, number === chosen)}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <LogRow
                    number={number}
                    line={line}
                    search={search}
                    isChosen={number === chosen}
                    isCurrentMatch={rows.matches[match] === number}
                    choose={choose}
                  />
                </div>
              );
            })}
          </div>
        </div>
        {!isAtEnd && isActive(run.status) && (
          <Button
            className={styles.toEnd ?? ''}
            variant="default"
            radius="xl"
            leftSection={<Icon name="down" size={14} />}
            onClick={toEnd}
          >
            Follow the end
          </Button>
        )}
      </div>
    </section>
  );
}

/** The line of the address, `#L120`. */
function useChosenLine() {
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  const choose = useCallback(
    (number: number) =>
      void navigate({
        to: '.',
        hash: `L${number}`,
        search: true,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate],
  );
  return { chosen: lineOfHash(hash), choose };
}

/** Goes to the last line of trouble, reading the log until one is found. */
function useJumpToError(pages: ReturnType<typeof useLogPages>, go: (number: number) => void): () => void {
  const [isLooking, setIsLooking] = useState(false);
  const version = pages.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: looks again whenever more of the log is here.
  useEffect(() => {
    if (!isLooking) return;
    const found = lastErrorLine(pages);
    const isAllHere = pages.loaded() >= pages.total();
    if (found === undefined && !isAllHere) return pages.need(1, pages.total());
    setIsLooking(false);
    if (found !== undefined) go(found);
  }, [isLooking, version]);
  return () => setIsLooking(true);
}

function lastErrorLine(pages: ReturnType<typeof useLogPages>): number | undefined {
  for (let number = pages.total(); number > 0; number--) {
    const line = pages.line(number);
    if (line && isErrorLine(line)) return number;
  }
  return undefined;
}

function stateWords({ logLines, status }: Run): string {
  const lines = logLines === 1 ? '1 line' : `${formatCount(logLines)} lines`;
  return isActive(status) ? `live · ${lines}` : lines;
}

function nothingWords({ status }: Run, stderrOnly: boolean): string {
  if (stderrOnly) return 'Nothing was written to standard error.';
  if (status === 'queued') return 'The log begins when the host has started the container.';
  if (status === 'running') return 'Nothing was written yet.';
  return 'Nothing was written.';
}
