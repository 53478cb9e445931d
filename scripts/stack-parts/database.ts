/** PostgreSQL for Trillian: a cluster of our own below the state directory; run as `postgres` where we are root. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../../src/system/process.ts';
import { HOST, type Layout } from './layout.ts';
import type { Server } from './processes.ts';

const PACKAGED = '/usr/lib/postgresql';

/** A program of PostgreSQL's: on PATH, else of the newest version that the distribution has put aside. */
export function postgresProgram(name: string): string | undefined {
  const versions = existsSync(PACKAGED) ? readdirSync(PACKAGED) : [];
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  const aside = newestFirst.map((version) => join(PACKAGED, version, 'bin', name));
  return findExecutable(name, process.env) ?? aside.find((path) => existsSync(path));
}

function needed(name: string): string {
  const program = postgresProgram(name);
  if (program === undefined) throw new Error(`${name} is not here: install PostgreSQL`);
  return program;
}

/** PostgreSQL does not run as root. */
function otherUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

const passwordOf = (layout: Layout): string =>
  readFileSync(layout.path('keys', 'postgres'), 'utf8').trim();

/** Without the password, which clients find in their environment. */
export const databaseUri = (layout: Layout): string =>
  `postgresql://trillian@${layout.address('postgres')}/trillian?sslmode=disable`;

export const databaseEnvironment = (layout: Layout): Record<string, string> => ({
  PGPASSWORD: passwordOf(layout),
});

/** Makes the cluster on first use, and says how to run it. */
export function databaseServer(layout: Layout): Server {
  const data = layout.path('pg');
  const user = otherUser();
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const password = layout.path('pg.password');
    writeFileSync(layout.path('keys', 'postgres'), randomBytes(18).toString('base64url'), {
      mode: 0o600,
    });
    writeFileSync(password, passwordOf(layout), { mode: 0o600 });
    if (user !== undefined)
      for (const path of [data, password]) chownSync(path, user.uid, user.gid);
    execFileSync(
      needed('initdb'),
      [
        ...['-D', data, '-U', 'trillian', '-E', 'UTF8', '--no-sync'],
        ...['-A', 'scram-sha-256', `--pwfile=${password}`],
      ],
      { cwd: '/', stdio: 'pipe', timeout: 120_000, ...user },
    );
  }
  const settings = {
    listen_addresses: HOST,
    port: String(layout.port('postgres')),
    unix_socket_directories: '',
    // what is lost with the machine's power is a test's
    fsync: 'off',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    name: 'postgres',
    program: needed('postgres'),
    args: ['-D', data, ...args],
    ...(user === undefined ? {} : { user }),
  };
}

function psql(layout: Layout, database: string, ...args: readonly string[]): void {
  const flags = [
    '-h',
    HOST,
    '-p',
    String(layout.port('postgres')),
    '-U',
    'trillian',
    '-d',
    database,
  ];
  execFileSync(needed('psql'), [...flags, '-q', '-v', 'ON_ERROR_STOP=1', ...args], {
    cwd: '/',
    env: { ...process.env, ...databaseEnvironment(layout) },
    stdio: 'pipe',
    timeout: 60_000,
  });
}

function works(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

export const databaseAnswers = (layout: Layout): Promise<boolean> =>
  Promise.resolve(works(() => psql(layout, 'postgres', '-c', '')));

/** Trillian's tables, once. */
export function makeTables(layout: Layout, schema: string): void {
  if (works(() => psql(layout, 'trillian', '-c', ''))) return;
  psql(layout, 'postgres', '-c', 'create database trillian');
  psql(layout, 'trillian', '-f', schema);
}
