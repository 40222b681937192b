import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import { AppError } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';

const forOthers = 0o077;
const writableByOthers = 0o022;
const sticky = 0o1000;
const linksFollowed = 40;

/**
 * Makes the folder of everything that the control plane keeps, for its own user alone (0700), and takes from what is in
 * it already what others may do. Throws DATA_DIR_UNSAFE for a folder that somebody else can or could have written: keys
 * and database in it may be theirs.
 */
export function openDataDir(path: string, log: Logger): void {
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = statSync(folder);
  judgeOwner(folder, stats);
  if (stats.mode & writableByOthers) throw unsafe(folder, modeText(stats), `chmod 700 ${quoted(folder)}`);
  judgeWay(folder);
  const tightened = (tighten(folder, stats) ? 1 : 0) + tightenBelow(folder);
  if (tightened > 0) log.warn({ folder, tightened }, 'data folder was open to other users and is no longer');
}

/** Whoever can write a folder on the way, or owns a link on it, can put another folder in the place of ours. Its owner can too, and is believed. */
function judgeWay(folder: string): void {
  const { root } = parse(folder);
  let names = folder.slice(root.length).split(sep).filter(Boolean);
  let links = 0;
  for (let at = root; names.length > 0; ) {
    const [name = '', ...rest] = names;
    const next = join(at, name);
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      if (!isTrusted(stats)) throw unsafe(next, 'is a link of another user', `rm ${quoted(next)}`);
      if (++links > linksFollowed) throw unsafe(next, 'is a link that leads nowhere', `rm ${quoted(next)}`);
      const target = readlinkSync(next);
      names = [...target.split(sep).filter(Boolean), ...rest];
      if (isAbsolute(target)) at = parse(target).root;
      continue;
    }
    if (rest.length > 0 && stats.mode & 0o002 && !(stats.mode & sticky))
      throw unsafe(next, modeText(stats), `chmod o-w ${quoted(next)}`);
    at = name === '..' ? dirname(at) : next;
    names = rest;
  }
}

function tightenBelow(folder: string): number {
  let tightened = 0;
  for (const name of readdirSync(folder)) {
    try {
      tightened += tightenOne(join(folder, name));
    } catch (error) {
      // A server that an earlier control plane left behind, or the one that holds the folder, may tidy up meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return tightened;
}

function tightenOne(path: string): number {
  const stats = lstatSync(path);
  judgeOwner(path, stats);
  if (stats.isSymbolicLink()) {
    judgeTarget(path);
    return 0;
  }
  return (tighten(path, stats) ? 1 : 0) + (stats.isDirectory() ? tightenBelow(path) : 0);
}

/** What a link leads to lies elsewhere, so it is the operator's to change. */
function judgeTarget(link: string): void {
  const stats = statSync(link, { throwIfNoEntry: false });
  if (!stats) return;
  judgeOwner(link, stats);
  if (stats.mode & forOthers) throw unsafe(link, modeText(stats), `chmod go-rwx ${quoted(link)}`);
}

function tighten(path: string, stats: Stats): boolean {
  if ((stats.mode & forOthers) === 0) return false;
  chmodSync(path, stats.mode & 0o7777 & ~forOthers);
  return true;
}

function judgeOwner(path: string, stats: Stats): void {
  if (stats.uid === userId()) return;
  const command = `chown -R ${userId()} ${quoted(path)}`;
  throw unsafe(path, `belongs to the user ${stats.uid} and not to ${userId()}, who runs it`, command);
}

const isTrusted = ({ uid }: Stats): boolean => uid === 0 || uid === userId();
const userId = (): number => process.getuid?.() ?? 0;
const modeText = ({ mode }: Stats): string => `is open to other users (mode ${(mode & 0o7777).toString(8)})`;
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

function unsafe(path: string, reason: string, command: string): AppError {
  return new AppError('DATA_DIR_UNSAFE', { path, reason, command });
}
