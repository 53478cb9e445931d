/** Every bad sample, named for its fault, is refused by the rule that it breaks (test/support/make-bad-vectors.ts made them). */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ObjectType, objectId } from '../../src/core/git/signed-object.ts';
import { verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { contextOf } from '../support/gitsign-vectors.ts';

const BAD = new URL('../vectors/bad/', import.meta.url);

interface Row {
  readonly file: string;
  readonly check: string;
  readonly code: string;
  readonly status: string;
}

const rows = JSON.parse(readFileSync(new URL('manifest.json', BAD), 'utf8')) as Row[];

describe('bad vectors', () => {
  const context = contextOf();

  it.each(rows)('$file: $code', async ({ file, check, code, status }) => {
    const raw = readFileSync(new URL(file, BAD));
    const type: ObjectType = file.endsWith('.tag') ? 'tag' : 'commit';
    const id = objectId(nodeCrypto, type, raw, 'sha1');
    const verdict = await verifyObject({ type, id, raw, format: 'sha1' }, context);
    expect(verdict.status).not.toBe('verified');
    expect(verdict).toMatchObject({ status, check, code });
    // nor is it where signatures in no log are accepted
    const unlogged = await verifyObject(
      { type, id, raw, format: 'sha1' },
      { ...context, unlogged: true },
    );
    expect(unlogged).toEqual(verdict);
  });

  it('every file of bad vectors is tried', () => {
    const files = readdirSync(BAD).filter((name) => name.includes('_fail.'));
    expect(files.toSorted()).toEqual(rows.map(({ file }) => file).toSorted());
  });
});
