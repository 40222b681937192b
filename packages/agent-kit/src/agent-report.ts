import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { partSuffix } from './line-file.ts';
import type { SecretMasker } from './secret-masker.ts';

interface ReportEnd {
  readonly outcome: string;
  readonly exitCode: number;
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly { code: string; message: string }[];
}

/** Gathers what `report.json` says about a run besides its end. Nothing is written before a folder is set. */
export class AgentReport {
  readonly #agent: { name: string; version: string };
  readonly #masker: SecretMasker;
  readonly #startedAt = new Date().toISOString();
  readonly #sections: Record<string, unknown> = {};
  #folder: string | undefined;

  constructor(agent: { name: string; version: string }, masker: SecretMasker) {
    this.#agent = { name: agent.name, version: agent.version };
    this.#masker = masker;
  }

  writeTo(folder: string): void {
    this.#folder = folder;
  }

  /** Adds a section of the agent's own, any JSON value. */
  set(section: string, value: unknown): void {
    this.#sections[section] = value;
  }

  /** Writes the file whole or not at all. */
  async write(end: ReportEnd): Promise<void> {
    if (this.#folder === undefined) return;
    const path = join(this.#folder, 'report.json');
    const report = {
      schemaVersion: 1,
      agent: this.#agent,
      startedAt: this.#startedAt,
      finishedAt: new Date().toISOString(),
      // In MiB; the kernel counts in KiB.
      peakMemoryMib: Math.ceil(process.resourceUsage().maxRSS / 1024),
      ...end,
      ...this.#sections,
    };
    await writeFile(path + partSuffix, this.#masker.mask(JSON.stringify(report, undefined, 2)));
    await rename(path + partSuffix, path);
  }
}
