/** CycloneDX's own schema of version 1.6, from the npm package that ships it, in the cache outside the tree. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { command, ended } from './command.ts';

const PACKAGE = '@cyclonedx/cyclonedx-library';
const VERSION = '10.3.0';
const SHA512 =
  'RIT28sp1U0PCHaaeF3yNRwk6Jig/XJ8UsYAVOMYaHQ+0VVOvsjcp0PTWQFLUqJFF8XMud+Kdq6G+wtDAh+QJFA==';
const BOM = 'bom-1.6.SNAPSHOT.schema.json';
/** Named by BOM, as neighbours of its own address. */
const NEIGHBOURS = ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'];

/** The folder with the schema's files; undefined where the registry cannot be asked. @throws Error for other bytes */
function schemaFolder(): string | undefined {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(base, 'git-signet', 'packaging', `cyclonedx-${VERSION}`);
  if (existsSync(folder)) return join(folder, 'res/schema');
  const scratch = `${folder}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  try {
    const args = ['pack', `${PACKAGE}@${VERSION}`, '--silent', '--pack-destination', scratch];
    const { exit, out } = ended('npm', args);
    if (exit !== 0) return undefined;
    const archive = join(scratch, out.trim());
    const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (digest !== SHA512) throw new Error(`${PACKAGE} ${VERSION} is not what is pinned`);
    command('tar', ['-xzf', archive, '-C', scratch]);
    renameSync(join(scratch, 'package'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return join(folder, 'res/schema');
}

/** What the schema finds wrong with a document, one line each; undefined where the schema cannot be had. */
export function schemaFaults(document: unknown): readonly string[] | undefined {
  const folder = schemaFolder();
  if (folder === undefined) return undefined;
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const bom = read(BOM);
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const name of NEIGHBOURS) ajv.addSchema(read(name), new URL(name, bom.$id).href);
  addFormats.default(ajv);
  ajv.addFormat('iri-reference', (text) => URL.canParse(text, 'https://base.example'));
  ajv.addFormat('idn-email', /^[^@\s]+@[^@\s]+$/);
  const valid = ajv.compile(bom);
  if (valid(document)) return [];
  return (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
