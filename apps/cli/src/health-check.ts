import { readFileSync } from 'node:fs';
import { healthFile } from './health-file.ts';

// Started every few seconds for as long as the host lives, so it loads nothing of the program.
process.exit(isHealthy() ? 0 : 1);

function isHealthy(): boolean {
  try {
    return Date.now() < Number(readFileSync(healthFile, 'utf8'));
  } catch {
    return false;
  }
}
