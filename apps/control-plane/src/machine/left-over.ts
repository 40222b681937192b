import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pause } from '@bigeye/service-kit';

/**
 * Ends a server that a control plane left behind when it was killed, and waits until it is gone. Only whoever holds the lock of
 * the data folder may call it. The process number may be another's by now, so its command line has to name our data. True
 * where there was one.
 */
export async function endLeftOver(pid: number, data: string, signal: NodeJS.Signals): Promise<boolean> {
  if (!namesOurData(pid, data)) return false;
  process.kill(pid, signal);
  for (let waited = 0; namesOurData(pid, data); waited += askEveryMs) {
    if (waited === insistAfterMs) process.kill(pid, 'SIGKILL');
    await pause(askEveryMs);
  }
  return true;
}

const askEveryMs = 20;
const insistAfterMs = 5_000;

function namesOurData(pid: number, data: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data)
      : execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
  } catch {
    return false;
  }
}
