/**
 * Builds the servers from their Go modules, at the versions that are pinned here, once, into a cache outside the tree.
 * Newer versions of Rekor, Rekor tiles and the timestamp authority want Go 1.27.
 */

import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildGoPrograms, type GoModule, go, goProgram, haveGo, type Say } from '../go-programs.ts';

const TRILLIAN = {
  path: 'github.com/google/trillian',
  version: 'v1.8.0',
  programs: {
    trillian_log_server: '/cmd/trillian_log_server',
    trillian_log_signer: '/cmd/trillian_log_signer',
    createtree: '/cmd/createtree',
  },
} as const satisfies GoModule;

const MODULES: readonly GoModule[] = [
  TRILLIAN,
  { path: 'github.com/sigstore/fulcio', version: 'v1.8.8', programs: { fulcio: '' } },
  {
    path: 'github.com/google/certificate-transparency-go',
    version: 'v1.4.0',
    programs: { ct_server: '/trillian/ctfe/ct_server' },
  },
  {
    path: 'github.com/sigstore/rekor',
    version: 'v1.5.4',
    programs: {
      'rekor-server': '/cmd/rekor-server',
      'rekor-cli': '/cmd/rekor-cli',
      'backfill-index': '/cmd/backfill-index',
    },
  },
  {
    path: 'github.com/sigstore/timestamp-authority/v2',
    version: 'v2.1.3',
    programs: { 'timestamp-server': '/cmd/timestamp-server' },
  },
  {
    path: 'github.com/sigstore/rekor-tiles/v2',
    version: 'v2.3.0',
    programs: { 'rekor-server-posix': '/cmd/rekor-server/posix' },
  },
];

const SCHEMA = `trillian-${TRILLIAN.version}.sql`;

/** The database schema of Trillian's log storage. */
export const schemaIn = (cache: string): string => join(cache, SCHEMA);

/** A program's path in the cache, whether it is there or not. @throws RangeError for a name that is not built here */
export function programIn(cache: string, program: string): string {
  const module = MODULES.find(({ programs }) => program in programs);
  if (module === undefined) throw new RangeError(`no server is called ${program}`);
  return goProgram(cache, program, module);
}

/** Files that a build would still have to make. */
export function missingIn(cache: string): readonly string[] {
  const wanted = MODULES.flatMap((one) =>
    Object.keys(one.programs).map((name) => goProgram(cache, name, one)),
  );
  return [...wanted, schemaIn(cache)].filter((path) => !existsSync(path));
}

function copySchema(work: string, cache: string): void {
  if (existsSync(schemaIn(cache))) return;
  const root = go(work, ['list', '-m', '-f', '{{.Dir}}', TRILLIAN.path]).trim();
  copyFileSync(join(root, 'storage/postgresql/schema/storage.sql'), schemaIn(cache));
}

/** Builds whatever is missing. @throws Error when a module does not build, or there is no Go */
export function buildServers(cache: string, say: Say): void {
  const missing = missingIn(cache);
  if (missing.length === 0) return;
  if (!haveGo()) throw new Error('Go is not on PATH, and the servers are not built yet');
  say(
    `building ${missing.length} servers and tools into ${cache}, once: some ten minutes on two cores`,
  );
  for (const module of MODULES) {
    buildGoPrograms(module, cache, say, (work) => {
      if (module === TRILLIAN) copySchema(work, cache);
    });
  }
}
