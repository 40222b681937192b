import { type HostHome, hostHomeAt } from '@bigeye/host-kit';
import type { Command } from 'commander';
import { type CliConfig, loadCliConfig } from './config.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** What every command works with. */
export interface CommandContext {
  config: CliConfig;
  home: HostHome;
  terminal: Terminal;
}

/** Flag > environment > current folder. `command`: the one that runs; global flags are read from its parents. */
export function contextOf(command: Command): CommandContext {
  const flags = command.optsWithGlobals<{ home?: string; json?: boolean }>();
  const config = loadCliConfig();
  return {
    config,
    home: hostHomeAt(flags.home ?? config.BIGEYE_HOME ?? '.'),
    terminal: createTerminal({ json: flags.json === true }),
  };
}
