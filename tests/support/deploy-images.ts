import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { docker } from './control-plane-process.ts';
import { hasTemporalServer, temporalServerFolder } from './production-temporal.ts';
import { temporalCli } from './test-stack.ts';

/** Stand-ins for the published images that deploy/compose.yaml names, for where no registry answers: the same programs, users and settings. */

/** The variables of deploy/compose.yaml. One that the environment has already is taken as it is. */
export function deployImages(): Record<string, string> {
  const { POSTGRES_IMAGE, TEMPORAL_IMAGE, TEMPORAL_ADMIN_TOOLS_IMAGE } = process.env;
  const temporal = TEMPORAL_IMAGE && TEMPORAL_ADMIN_TOOLS_IMAGE ? undefined : buildTemporal();
  return {
    POSTGRES_IMAGE: POSTGRES_IMAGE ?? buildPostgres(),
    TEMPORAL_IMAGE: TEMPORAL_IMAGE ?? temporal ?? '',
    TEMPORAL_ADMIN_TOOLS_IMAGE: TEMPORAL_ADMIN_TOOLS_IMAGE ?? temporal ?? '',
  };
}

/** What stands in Temporal's place. */
export const temporalInPlace =
  hasTemporalServer || process.env.TEMPORAL_IMAGE ? 'the production server' : "the CLI's server for development";

/** The newest PostgreSQL that is installed with all its tools. */
function buildPostgres(): string {
  const all = '/usr/lib/postgresql';
  const [major] = (existsSync(all) ? readdirSync(all) : []).toSorted((a, b) => Number(b) - Number(a));
  if (!major)
    throw new Error('no PostgreSQL with its tools is installed: run "script/bootstrap test", or set POSTGRES_IMAGE');
  return buildImage('postgres', (root) => {
    const programs = join(all, major);
    cpSync(programs, join(root, programs), { recursive: true, filter: (path) => !/llvmjit|\/bitcode/.test(path) });
    for (const folder of [`/usr/share/postgresql/${major}`, '/usr/share/zoneinfo', '/usr/lib/locale/C.utf8'])
      cpSync(folder, join(root, folder), { recursive: true, verbatimSymlinks: true });
    copyLibraries(
      root,
      ['postgres', 'initdb', 'psql', 'pg_isready', 'pg_dump', 'pg_restore'].map((name) => join(programs, 'bin', name)),
    );
    mkdirSync(join(root, 'run'));
    mkdirSync(join(root, 'var'));
    symlinkSync('../run', join(root, 'var/run'));
    writeFileSync(join(root, 'etc/passwd'), 'postgres:x:999:999::/var/lib/postgresql:/bin/sh\n');
    writeProgram(join(root, 'usr/local/bin/docker-entrypoint.sh'), postgresEntrypoint);
    return [
      'COPY --chown=999:999 volumes/ /var/lib/',
      `ENV PATH=/usr/lib/postgresql/${major}/bin:/usr/local/bin:/bin PGDATA=/var/lib/postgresql/${major}/docker LANG=C.UTF-8`,
      'VOLUME /var/lib/postgresql',
      'STOPSIGNAL SIGINT',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
    ];
  });
}

/** What of the published image's entry deploy/compose.yaml relies on. */
const postgresEntrypoint = `#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata "$PGDATA" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --options '-c listen_addresses=' --wait start
  for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
fi
exec postgres -c listen_addresses='*'
`;

/** Server and admin tools in one, as script/temporal-server built them; else the CLI's server for development. */
function buildTemporal(): string {
  return buildImage('temporal', (root) => {
    const programs = join(root, 'usr/local/bin');
    mkdirSync(join(root, 'etc/temporal'), { recursive: true });
    copyFileSync(temporalCli, join(programs, 'temporal'));
    const entrypoint = join(root, 'etc/temporal/entrypoint.sh');
    if (hasTemporalServer) {
      copyFileSync(join(temporalServerFolder, 'server'), join(programs, 'temporal-server'));
      copyFileSync(join(temporalServerFolder, 'sql'), join(programs, 'temporal-sql-tool'));
      cpSync(join(temporalServerFolder, 'schema'), join(root, 'etc/temporal/schema/postgresql/v12'), {
        recursive: true,
      });
      copyFileSync(join(temporalServerFolder, 'entrypoint.sh'), entrypoint);
      chmodSync(entrypoint, 0o755);
    } else {
      writeProgram(join(programs, 'temporal-sql-tool'), '#!/bin/sh\nexit 0\n');
      writeProgram(entrypoint, '#!/bin/sh\nexec temporal server start-dev --headless --ip 0.0.0.0 --log-level error\n');
    }
    // Debian's BusyBox has no -z.
    writeProgram(join(programs, 'nc'), '#!/bin/sh\nexec busybox nc -w 1 "$2" "$3" </dev/null\n');
    writeFileSync(join(root, 'etc/passwd'), 'temporal:x:1000:1000::/tmp:/bin/sh\n');
    return [
      'ENV PATH=/usr/local/bin:/bin',
      'USER temporal',
      'WORKDIR /etc/temporal',
      'CMD ["/etc/temporal/entrypoint.sh"]',
    ];
  });
}

/** From nothing but what `fill` puts below `root`, and a BusyBox. It gives the further lines of the Dockerfile. */
function buildImage(name: string, fill: (root: string) => string[]): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-image-`));
  const tag = `agent-orchestrator-test/${name}:${process.pid}`;
  try {
    const root = join(folder, 'root');
    for (const made of ['bin', 'etc', 'tmp', 'usr/local/bin']) mkdirSync(join(root, made), { recursive: true });
    mkdirSync(join(folder, 'volumes/postgresql'), { recursive: true });
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    const applets = ['sh', 'awk', 'cat', 'chmod', 'echo', 'hostname', 'ls', 'mkdir', 'rm', 'sleep', 'true'];
    for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet));
    const lines = ['FROM scratch', 'COPY root/ /', ...fill(root)];
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    docker('build', '--quiet', '--tag', tag, folder);
    return tag;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyLibraries(root: string, programs: string[]): void {
  const listed = execFileSync('ldd', programs, { encoding: 'utf8' });
  for (const [, library = ''] of listed.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
}

function writeProgram(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
