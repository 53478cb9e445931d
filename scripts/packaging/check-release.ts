/**
 * Checks a folder of released files against SHA256SUMS and the provenance: `scripts/check-release` for users, and the last
 * step of a release for us.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PUBLIC_GOOD_TRUSTED_ROOT } from '../../src/trust/public-good.ts';
import {
  checkSubjects,
  type ExpectedSigner,
  ProvenanceRefused,
  verifiedStatement,
} from './check-provenance.ts';
import { SUMS } from './provenance.ts';
import { readSums, sha256Of } from './released-file.ts';
import type { Statement } from './statement.ts';

const BUNDLE = /^git-signet-.+\.provenance\.sigstore\.json$/;

export interface Checked {
  readonly statement: Statement;
  /** Files that were compared, by name. */
  readonly files: readonly string[];
}

/**
 * Checks every file below a folder: SHA256SUMS lists it with its sum, and the provenance says the same. Files that are
 * listed and not there are no fault: few users download all. `trustedRoot` is JSON text.
 * @throws ProvenanceRefused that names the first file at fault
 */
export function checkFolder(
  folder: string,
  trustedRoot: string,
  expected: ExpectedSigner,
): Checked {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    // a link is judged by its target, as an installer reads it
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
  const bundle = names.filter((name) => BUNDLE.test(name));
  if (bundle.length !== 1 || !names.includes(SUMS)) {
    throw new ProvenanceRefused(`${folder} does not hold ${SUMS} and one provenance`);
  }
  const files = names.filter((name) => !bundle.includes(name));
  const listed = readSums(readFileSync(join(folder, SUMS), 'utf8'));
  const sums = new Map<string, string>();
  for (const name of files) {
    const path = listedPath(name, [...listed.keys()]);
    const sum = sha256Of(join(folder, name));
    if (path === undefined) throw new ProvenanceRefused(`${SUMS} does not list ${name}`);
    if (name !== SUMS && listed.get(path) !== sum) {
      throw new ProvenanceRefused(`${name} is not the file that ${SUMS} lists`);
    }
    sums.set(path, sum);
  }
  const text = readFileSync(join(folder, bundle[0] ?? ''), 'utf8');
  const statement = verifiedStatement(text, trustedRoot, expected);
  checkSubjects(statement, sums);
  return { statement, files };
}

/** The path under which a file is listed. Forges serve the files of a release without their folders. */
function listedPath(name: string, listed: readonly string[]): string | undefined {
  if (name === SUMS || listed.includes(name)) return name;
  const [path, ...others] = listed.filter((each) => basename(each) === name);
  return others.length === 0 ? path : undefined;
}

const USAGE =
  'scripts/check-release DIR --certificate-identity NAME --certificate-oidc-issuer URL [--trusted-root FILE]';

/** Exit code: 0 where everything holds, 1 where something does not, 2 where it was called wrongly. */
function main(args: readonly string[]): number {
  const say = (line: string): void => void process.stderr.write(`check-release: ${line}\n`);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'certificate-identity': { type: 'string' },
        'certificate-oidc-issuer': { type: 'string' },
        'trusted-root': { type: 'string' },
      },
    });
    const [folder] = positionals;
    const { 'certificate-identity': identity, 'certificate-oidc-issuer': issuer } = values;
    if (folder === undefined || positionals.length > 1 || !identity || !issuer) {
      say(`a folder and the signer are needed\n  ${USAGE}`);
      return 2;
    }
    const root = values['trusted-root'];
    const trust = root === undefined ? PUBLIC_GOOD_TRUSTED_ROOT : readFileSync(root, 'utf8');
    const { files, statement } = checkFolder(resolve(folder), trust, { identity, issuer });
    for (const file of files) say(`good: ${file}`);
    say(`${files.length} files are what ${identity} built`);
    say(`from ${JSON.stringify(statement.predicate.buildDefinition['resolvedDependencies'])}`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    if (!(error instanceof ProvenanceRefused)) return 2;
    say('do not install these files');
    return 1;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
