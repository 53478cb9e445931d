/**
 * Writes test/vectors/merges: merges, an octopus and a tag of one, signed with the forge's keys, and the trust root for
 * them. Keys are fresh each time, so all files belong together: `scripts/fuzz make-merges`, only when one is missing.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { forge } from '../../test/support/forge.ts';
import { bytes, EMPTY_TREE, header } from '../../test/support/odd-objects.ts';

const TARGET = new URL('../../test/vectors/merges/', import.meta.url);
const ALICE = 'Alice <alice@example.test> 1800000000 +0000';
const id = (digit: number): string => digit.toString(16).repeat(40);

function commit(parents: number, more = ''): string {
  const lines = Array.from({ length: parents }, (_, index) => `parent ${id(index + 1)}\n`).join('');
  const people = `author ${ALICE}\ncommitter ${ALICE}\n`;
  return `tree ${EMPTY_TREE.sha1}\n${lines}${people}${more}\na merge of ${parents}\n\nSigned-off-by: Alice <alice@example.test>\n`;
}

const MERGED_TAG = `object ${id(2)}\ntype commit\ntag v1\ntagger ${ALICE}\n\nreleased\n`;

function signedCommit(payload: string): string {
  const armor = Buffer.from(forge({ payload: bytes(payload) }).signature).toString('latin1');
  return payload.replace('\n\n', () => `\n${header('gpgsig', armor)}\n`);
}

/** The files by name. */
function objects(): Readonly<Record<string, string>> {
  const tag = `object ${id(7)}\ntype commit\ntag v1.0\ntagger ${ALICE}\n\nrelease\n`;
  const armor = Buffer.from(forge({ payload: bytes(tag) }).signature).toString('latin1');
  return {
    'root.commit': signedCommit(commit(0)),
    'merge.commit': signedCommit(commit(2)),
    'octopus.commit': signedCommit(commit(9)),
    'mergetag.commit': signedCommit(
      commit(2, `encoding ISO-8859-1\n${header('mergetag', MERGED_TAG)}`),
    ),
    'merge.tag': tag + armor,
  };
}

export function makeMerges(): void {
  mkdirSync(TARGET, { recursive: true });
  for (const [name, raw] of Object.entries(objects())) {
    writeFileSync(new URL(name, TARGET), bytes(raw));
  }
  const root = JSON.stringify(forge().trustedRoot, undefined, 1);
  writeFileSync(new URL('trusted_root.json', TARGET), `${root}\n`);
  writeFileSync(new URL('.gitattributes', TARGET), '* -text\n');
}
