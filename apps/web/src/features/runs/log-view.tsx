import { fillPath, isActive, plural, type Run, routes } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatExact } from '../../lib/format.ts';
import styles from './log.module.css';
import { LogBar } from './log-bar.tsx';
import { isErrorLine, lineOfHash } from './log-line.ts';
import type { LogPages } from './log-pages.ts';
import { classOfRow, LogRow } from './log-row.tsx';
import { useFollowing } from './use-following.ts';
import { type LogRows, useLogRows } from './use-log-rows.ts';

/** The least that a finger or an unsteady hand hits: each line's number is a link. */
const rowHeight = 24;

/** The log of a run: virtual, live, and following only while its end is in view. */
export function LogView({ run, pages }: { run: Run; pages: LogPages }) {
  const [search, setSearch] = useState('');
  const [stderrOnly, setStderrOnly] = useState(false);
  const [wrap, setWrap] = useState(true);
  const rows = useLogRows(pages, search, stderrOnly);
  const { chosen, choose } = useChosenLine();
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 30,
    getItemKey: (row) => rows.numberAt(row),
  });
  const items = virtual.getVirtualItems();
  const size = virtual.getTotalSize();
  const { isAtEnd, onScroll, toEnd, leaveEnd } = useFollowing(scroll, chosen === undefined, size);
  useNeeded(pages, rows, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);

  const scrollTo = (number: number) => virtual.scrollToIndex(rows.rowOf(number), { align: 'center' });
  const { show, release } = useShow(scrollTo, leaveEnd, size);
  useShownFirst(chosen, pages, rows.count, show);
  const { match, moveMatch } = useMatches(rows, search, show);
  const jumpToError = useJumpToError(pages, (number) => {
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
        jumpToError={jumpToError}
        downloadUrl={run.logRemovedAt === null ? fillPath(routes.downloadRunLog.path, { runId: run.id }) : undefined}
      />
      {pages.failure() !== undefined && <ErrorNotice error={pages.failure()} retry={pages.retry} triesAgain />}
      <div className={styles.frame}>
        <div
          ref={scroll}
          className={styles.scroll}
          onScroll={onScroll}
          onWheel={release}
          onPointerDown={release}
          onKeyDown={release}
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
            onClick={() => {
              release();
              toEnd();
            }}
          >
            Follow the end
          </Button>
        )}
      </div>
    </section>
  );
}

/** Reads the lines of these rows, and what comes after them while they are the last. */
function useNeeded(pages: LogPages, rows: LogRows, firstRow: number, lastRow: number): void {
  const first = rows.numberAt(firstRow);
  const last = lastRow >= rows.count - 1 ? pages.total() : rows.numberAt(lastRow);
  const need = useCallback(() => pages.need(first, last), [pages, first, last]);
  const version = pages.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read in the meantime may not have been all.
  useEffect(need, [need, version]);
}

/**
 * Brings a line into view, and again whenever rows around it turn out to be higher than thought, until the reader takes
 * hold of the log (`release`).
 */
function useShow(scrollTo: (number: number) => void, leaveEnd: () => void, size: number) {
  const target = useRef<number>(undefined);
  const latest = useRef(scrollTo);
  latest.current = scrollTo;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what moves the line away.
  useLayoutEffect(() => {
    if (target.current !== undefined) latest.current(target.current);
  }, [size]);
  const show = useCallback(
    (number: number) => {
      leaveEnd();
      target.current = number;
      latest.current(number);
    },
    [leaveEnd],
  );
  const release = useCallback(() => {
    target.current = undefined;
  }, []);
  return { show, release };
}

/** Brings the line of the address into view once, as soon as it is here. */
function useShownFirst(
  chosen: number | undefined,
  pages: LogPages,
  count: number,
  show: (number: number) => void,
): void {
  const wanted = useRef(chosen);
  const isHere = wanted.current !== undefined && pages.line(wanted.current) !== undefined;
  useEffect(() => {
    if (wanted.current === undefined || count < wanted.current) return;
    show(wanted.current);
    if (isHere) wanted.current = undefined;
  }, [count, isHere, show]);
}

/** The match that is looked at, and the way to the next. A search begins at its first match. */
function useMatches({ matches }: LogRows, search: string, show: (number: number) => void) {
  const [match, setMatch] = useState(0);
  const first = matches[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown must not move when the log only grew.
  useEffect(() => {
    setMatch(0);
    if (first !== undefined) show(first);
  }, [first, search]);
  const moveMatch = (by: number) => {
    if (matches.length === 0) return;
    const next = (match + by + matches.length) % matches.length;
    setMatch(next);
    show(matches[next] ?? 1);
  };
  return { match, moveMatch };
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
function useJumpToError(pages: LogPages, go: (number: number) => void): () => void {
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

function lastErrorLine(pages: LogPages): number | undefined {
  for (let number = pages.total(); number > 0; number--) {
    const line = pages.line(number);
    if (line && isErrorLine(line)) return number;
  }
  return undefined;
}

function stateWords({ logLines, logRemovedAt, status }: Run): string {
  const lines = plural(logLines, 'line');
  if (logRemovedAt !== null) return `${lines}, removed`;
  return isActive(status) ? `live · ${lines}` : lines;
}

function nothingWords({ status, logRemovedAt }: Run, stderrOnly: boolean): string {
  if (logRemovedAt !== null)
    return `The log was removed on ${formatExact(new Date(logRemovedAt))}, because of its age. An admin decides how long logs are kept.`;
  if (stderrOnly) return 'Nothing was written to standard error.';
  if (status === 'queued') return 'The log begins when the host has started the container.';
  if (status === 'running') return 'Nothing was written yet.';
  return 'Nothing was written.';
}
