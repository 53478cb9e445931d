/** Our cut between payload and signature against git's own, byte for byte: what git feeds its program is written down. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ObjectFormat,
  type ObjectType,
  objectId,
  openObject,
  type SplitObject,
  signatureKind,
  splitSignedObject,
} from '../../../src/core/git/signed-object.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { armor, bytes, EMPTY_TREE, header, oddObjects } from '../../support/odd-objects.ts';
import { type RecordingGit, recordingGit } from '../../support/recording-git.ts';

const FORMATS: readonly ObjectFormat[] = ['sha1', 'sha256'];
const RUNS = 150;
const SEED = 20261121;
const PERSON = 'a <a@b> 1 +0000';

const text = (part: Uint8Array): string => Buffer.from(part).toString('latin1');
const shown = (split: SplitObject | undefined) =>
  split && { payload: text(split.payload), signature: text(split.signature) };

interface Stored {
  readonly type: ObjectType;
  readonly raw: Uint8Array;
  readonly format: ObjectFormat;
}

/** What is malformed is refused, however git would cut it (test/core/git/header.test.ts lists which). */
function wellFormed({ type, raw, format }: Stored): boolean {
  try {
    openObject(type, raw, format);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** git dies on armor that it does not know, so such objects cannot share a process with others. */
function knownKind({ type, raw, format }: Stored): boolean {
  const split = splitSignedObject(type, raw, format);
  return split === undefined || ['x509', 'openpgp'].includes(signatureKind(split.signature));
}

/** Soups of headers: the words that mean something to git's cutter, in any order, cut anywhere. */
function soups(type: ObjectType, format: ObjectFormat): readonly Uint8Array[] {
  const begin = armor().split('\n')[0] ?? '';
  const signatures = [`gpgsig ${begin}\n`, `gpgsig-sha256 ${begin}\n`];
  const word = fc.constantFrom(
    // few soups are well-formed, and they shall hold signatures
    ...signatures,
    ...signatures,
    ...signatures,
    ` ${begin}\n`,
    'gpgsig x\n',
    'gpgsig\n',
    'gpgsig-sha256\n',
    'gpgsig-foo x\n',
    'gpgsigx\n',
    ' gpgsig x\n',
    ' body\n',
    '  two\n',
    '\ttab\n',
    ' \n',
    '\r\n',
    ' x\r\n',
    '\n',
    'x-other 1\n',
    'gpgsig y\0z\n',
    '\0\n',
    `${begin}\n`,
    '-----BEGIN PGP SIGNATURE-----\n',
    '-----END SIGNED MESSAGE-----\n',
    `tree ${EMPTY_TREE[format]}\n`,
    'encoding ISO-8859-1\n',
    'm\xfc\n',
    'gpgsig',
    'cut',
    ' ',
  );
  const top =
    type === 'commit'
      ? `tree ${EMPTY_TREE[format]}\nauthor ${PERSON}\ncommitter ${PERSON}\n`
      : `object ${EMPTY_TREE[format]}\ntype tree\ntag x\ntagger ${PERSON}\n`;
  const soup = fc
    .array(word, { minLength: 1, maxLength: 14 })
    .map((words) => bytes(top + words.join('')));
  const usable = soup.filter(
    (raw) => wellFormed({ type, raw, format }) && knownKind({ type, raw, format }),
  );
  return fc.sample(usable, { numRuns: RUNS, seed: SEED });
}

describe.each(FORMATS)('git’s own cut in a repository of %s', (format) => {
  let git: RecordingGit;
  const answers = new Map<string, SplitObject | undefined>();
  const ids = new Map<string, string>();
  const odd = oddObjects(format).filter((one) => wellFormed({ ...one, format }));

  beforeAll(() => {
    git = recordingGit(format);
    for (const type of ['commit', 'tag'] as const) {
      const objects = odd.filter((one) => one.type === type && knownKind({ ...one, format }));
      const stored = git.store(
        type,
        objects.map(({ raw }) => raw),
      );
      const recorded = git.record(type, stored);
      objects.forEach(({ name }, index) => {
        answers.set(name, recorded[index]);
        ids.set(name, stored[index] ?? '');
      });
    }
  });
  afterAll(() => git.remove());

  it.each(odd.filter((one) => knownKind({ ...one, format })))('$name', ({ name, type, raw }) => {
    expect(answers.has(name)).toBe(true);
    expect(objectId(nodeCrypto, type, raw, format)).toBe(ids.get(name));
    expect(shown(splitSignedObject(type, raw, format))).toEqual(shown(answers.get(name)));
  });

  it.each(['commit', 'tag'] as const)('any soup of header lines in a %s (G05, G06)', (type) => {
    const raws = soups(type, format);
    const recorded = git.record(type, git.store(type, raws));
    for (const [index, raw] of raws.entries()) {
      const label = JSON.stringify(text(raw));
      expect(shown(splitSignedObject(type, raw, format)), label).toEqual(shown(recorded[index]));
    }
    const signed = recorded.filter((one) => one !== undefined).length;
    // the soups are worth something only while they hold both signed and unsigned objects
    expect(signed).toBeGreaterThan(RUNS / 10);
    expect(signed).toBeLessThan(RUNS);
  });
});

describe('where git has no answer to compare with', () => {
  it('armor that git does not know: git dies, we say "cannot check" (G09)', () => {
    const odd = oddObjects('sha1').filter((one) => !knownKind({ ...one, format: 'sha1' }));
    expect(odd.map(({ name }) => name)).toEqual([
      'signature header with an empty first line (commit) (G05)',
    ]);
  });

  it('a payload without a committer or tagger: git asks no program at all, so nothing is good there (G05)', () => {
    const git = recordingGit('sha1');
    try {
      const commit = bytes(`tree ${EMPTY_TREE.sha1}\n${header('gpgsig', armor())}\nsubject\n`);
      const tag = bytes(`object ${EMPTY_TREE.sha1}\ntype tree\ntag x\n\nrelease\n${armor()}`);
      expect(git.record('commit', git.store('commit', [commit]))).toEqual([undefined]);
      const silent = () => git.record('tag', git.store('tag', [tag]));
      expect(silent).toThrow(/^git verify-tag said $/);
    } finally {
      git.remove();
    }
  });
});
