// Loaded before the orchestrator of the chaos suite, which is otherwise the product's own image. Where the suite has laid a
// file `halt-<step>` beside the journal, the process stands still right after that entry is on the disk and before anything
// else happens, until the file is gone or the process is killed. `halted-<step>` says that it stands.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import path from 'node:path';

const { fsyncSync } = fs;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

fs.fsyncSync = (handle) => {
  fsyncSync(handle);
  const file = fs.readlinkSync(`/proc/self/fd/${handle}`);
  if (!file.endsWith('.jsonl')) return;
  const folder = path.dirname(file);
  const { step } = JSON.parse(fs.readFileSync(file, 'utf8').trimEnd().split('\n').at(-1));
  const order = path.join(folder, `halt-${step}`);
  if (!isMeant(order)) return;
  fs.writeFileSync(path.join(folder, `halted-${step}`), hostname());
  while (isMeant(order)) Atomics.wait(nobodyWakes, 0, 0, 2);
};
syncBuiltinESMExports();

/** It names the container that shall halt, or nobody, which means any. */
function isMeant(order) {
  if (!fs.existsSync(order)) return false;
  const named = fs.readFileSync(order, 'utf8');
  return named === '' || named === hostname();
}
