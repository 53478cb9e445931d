/** A release as the actions meet it: an archive of the built program on a server of loopback, and a tree whose table names it. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { COPIED, withCopies, withRows } from '../../scripts/packaging/action-sums.ts';
import { archiveName, folderName, TARGETS, type Target } from '../../scripts/packaging/targets.ts';
import { ROOT } from './ci-steps.ts';
import { programUnderTest } from './program.ts';

export const VERSION = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }
).version;

/** The platform with this name. */
export function targetOf(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no platform ${name}`);
  return target;
}

/** The platform of this machine, which has glibc. */
export const HERE = targetOf(`linux-${process.arch}`);

export interface Archive {
  readonly name: string;
  readonly content: Buffer;
  /** Its row in the table of sums. */
  readonly row: string;
}

/** An archive of the program under test, with the layout of a release's. `program`: another file in its place. */
export function makeArchive(
  scratch: string,
  target: Target = HERE,
  program = programUnderTest(),
): Archive {
  const folder = folderName(VERSION, target);
  const name = archiveName(VERSION, target);
  mkdirSync(join(scratch, folder, 'man'), { recursive: true });
  copyFileSync(program, join(scratch, folder, target.executable));
  chmodSync(join(scratch, folder, target.executable), 0o755);
  copyFileSync(join(ROOT, 'LICENSE'), join(scratch, folder, 'LICENSE'));
  const [tool, args] =
    target.archive === 'zip' ? ['zip', ['-qr', name, folder]] : ['tar', ['-czf', name, folder]];
  execFileSync(tool, args as string[], { cwd: scratch });
  const content = readFileSync(join(scratch, name));
  const sum = createHash('sha256').update(content).digest('hex');
  return { name, content, row: `${sum} ${VERSION} ${target.name} ${name}` };
}

/** A copy of what an action's tree holds, whose table has these rows. */
export function actionTree(directory: string, rows: readonly string[]): string {
  for (const name of ['action.yml', 'setup', 'ci', 'package.json']) {
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  }
  const table = join(directory, 'ci/sums.txt');
  writeFileSync(table, withRows(readFileSync(table, 'utf8'), rows));
  return directory;
}

/** The component as it is after a release with these rows. */
export function componentWith(rows: readonly string[]): string {
  const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
  const copies = new Map(COPIED.map((name) => [name, read(name)]));
  copies.set('ci/sums.txt', withRows(read('ci/sums.txt'), rows));
  return withCopies(read('templates/gate.yml'), copies);
}

export interface ReleaseServer {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What each path answers: a file's content, or where it sends to. All else is not found. */
  readonly files: Map<string, Buffer | URL>;
  readonly close: () => Promise<void>;
}

/** A web server on loopback with nothing in it yet. */
export async function startReleaseServer(): Promise<ReleaseServer> {
  const asked: string[] = [];
  const files: ReleaseServer['files'] = new Map();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const found = files.get(path);
    if (found instanceof URL) response.writeHead(302, { location: found.href }).end();
    else if (found === undefined) response.writeHead(404).end('not here');
    else response.writeHead(200, { 'content-length': found.length }).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ asked, files },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
