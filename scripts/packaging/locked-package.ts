/** npm packages of other platforms, which `npm ci` leaves out: each by the hash that package-lock.json pins. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command, say } from './command.ts';
import { StepError } from './step.ts';

interface Locked {
  readonly version: string;
  /** Subresource integrity: `sha512-` and Base64. */
  readonly integrity: string;
}

/** What the lock file pins. @throws StepError for a package that it does not name */
function locked(name: string): Locked {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, Partial<Locked>>>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || !integrity?.startsWith('sha512-')) {
    throw new StepError(
      `package-lock.json pins no ${name}`,
      'add it to runtimes/package.json and run npm install --package-lock-only',
    );
  }
  return { version, integrity };
}

const integrityOf = (file: string): string =>
  `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'git-signet', 'packages');

/** The package's archive in the cache, compared with the lock file. @throws StepError where the bytes are others */
function archiveOf(name: string): string {
  const { version, integrity } = locked(name);
  const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  const cached = join(cacheFolder(), file);
  if (!existsSync(cached)) {
    say(`fetching ${name} ${version} ...`);
    const scratch = join(cacheFolder(), `.${process.pid}`);
    mkdirSync(scratch, { recursive: true });
    const args = ['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch];
    command('npm', args, { minutes: 10 });
    renameSync(join(scratch, file), cached);
    rmSync(scratch, { recursive: true });
  }
  if (integrityOf(cached) === integrity) return cached;
  throw new StepError(
    `${cached} is not what package-lock.json pins (${integrity})`,
    `remove it and run this again: rm ${cached}`,
  );
}

/** Unpacks a package into `folder`. @throws StepError where it cannot be had, or is not the one that is pinned */
export function unpack(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  command('tar', ['-xzf', archiveOf(name), '-C', folder, '--strip-components=1']);
}
