/** What the bundles of statements and kept push certificates explain: their own log entries, in both logs. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import type { IssuedSignature } from '../../src/sandbox/issue-signature.ts';
import { bundleName } from '../../src/statements/places.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { entry, entryOf, entryWith, explainedRepository } from '../support/explained.ts';
import { bodyDsse } from '../support/forge/log.ts';
import { paeOf, STATEMENT } from '../support/forge/statement.ts';
import { useSandbox } from '../support/sandbox.ts';
import { issueStatement } from '../support/statement-bundle.ts';

const sandbox = useSandbox();
const { repository, treeOf, commitOf, known } = explainedRepository('known-leaves');
const signed = (bytes: Uint8Array) =>
  sandbox().issueSignature(Buffer.from(bytes), { email: 'alice@example.test' });

/** The bundle of a statement, its hashedrekord, and the body of its dsse entry over an envelope of this hash. */
async function statement(email = 'alice@example.test') {
  const bundle = await issueStatement(sandbox(), Buffer.from(STATEMENT).toString(), { email });
  const { verificationMaterial: material, dsseEnvelope: envelope } = JSON.parse(bundle);
  const record = {
    digest: createHash('sha256').update(paeOf(STATEMENT)).digest(),
    signature: Buffer.from(envelope.signatures[0].sig, 'base64'),
    certificateDer: Buffer.from(material.certificate.rawBytes, 'base64'),
  };
  return { bundle, record, dsse: (hash: string) => bodyDsse(STATEMENT, hash)(record) };
}

/** The bundle with a dsse entry of this body in place of its own. */
function withDsse(bundle: string, body: Uint8Array): string {
  const json = JSON.parse(bundle);
  const [own] = json.verificationMaterial.tlogEntries;
  own.kindVersion = { kind: 'dsse', version: '0.0.1' };
  own.canonicalizedBody = Buffer.from(body).toString('base64');
  return JSON.stringify(json);
}

/** The tree of refs/attestations with this bundle. */
function kept(bundle: string): string {
  const blob = repository.write('blob', utf8(bundle));
  return treeOf('40000', 'f'.repeat(40), treeOf('100644', bundleName(utf8(bundle), crypto), blob));
}

describe('a statement or a push certificate in a repository', () => {
  it('explains the entries of statements in their refs, in fetched ones and in notes, in both logs', async () => {
    const [own, fetched, noted] = await Promise.all([statement(), statement(), statement()]);
    repository.must('update-ref', 'refs/attestations/tags', commitOf(kept(own.bundle)));
    const from = 'refs/attestations-from/origin/commits';
    repository.must('update-ref', from, commitOf(kept(fetched.bundle)));
    const note = utf8(`reviewed by hand\n${noted.bundle}\n`);
    const tree = treeOf('100644', 'e'.repeat(40), repository.write('blob', note));
    repository.must('update-ref', 'refs/notes/commits', commitOf(tree));
    const { explains, count } = await known();
    expect(count).toBe(3);
    for (const { record, dsse } of [own, fetched, noted]) {
      expect([explains(entry(record, 1)), explains(entry(record, 2))]).toEqual([true, true]);
      expect(explains(entryWith(record, dsse('ab'.repeat(32))))).toBe(false);
    }
    const elsewhere = await statement();
    expect(explains(entry(elsewhere.record))).toBe(false);
    const bob = await statement('bob@example.test');
    repository.must('update-ref', 'refs/attestations/trees', commitOf(kept(bob.bundle)));
    expect((await known()).explains(entry(bob.record))).toBe(false);
  });

  it('explains the dsse entry that a bundle holds, and nothing by the entry of another signature (M20)', async () => {
    const [own, foreign] = [await statement(), await statement()];
    const hash = 'cd'.repeat(32);
    const body = own.dsse(hash);
    const bundle = withDsse(own.bundle, body);
    repository.must('update-ref', 'refs/attestations/commits', commitOf(kept(bundle)));
    const first = (await known()).explains;
    expect(first(entryWith(own.record, body))).toBe(true);
    expect(first(entryWith(own.record, own.dsse('ef'.repeat(32))))).toBe(false);
    const thief = foreign.dsse(hash);
    expect(first(entryWith(foreign.record, thief))).toBe(false);
    // the entry of a signature that is not here, in a bundle of alice's
    const mixed = kept(withDsse(own.bundle, thief));
    repository.must('update-ref', 'refs/attestations/commits', commitOf(mixed));
    const { explains } = await known();
    expect(explains(entryWith(foreign.record, thief))).toBe(false);
    expect(explains(entry(foreign.record))).toBe(false);
    expect(explains(entry(own.record))).toBe(true);
  });

  it('explains the entries of all push certificates that were kept, and not a signature over other content (M20)', async () => {
    const certificate = (ref: string): Buffer =>
      Buffer.from(
        `certificate version 0.1\npusher alice@example.test 1 +0000\n\n${'0'.repeat(40)} ${'1'.repeat(40)} ${ref}\n`,
      );
    const keep = (blob: Uint8Array, parent?: string): string => {
      const tree = treeOf('100644', 'main@{cert}', repository.write('blob', blob));
      const tip = commitOf(tree, parent);
      repository.must('update-ref', 'refs/meta/push-certs', tip);
      return tip;
    };
    const [one, two, moved] = await Promise.all(
      ['refs/heads/one', 'refs/heads/two', 'refs/heads/moved'].map((ref) =>
        signed(certificate(ref)),
      ),
    );
    if (one === undefined || two === undefined || moved === undefined) throw new TypeError('three');
    const blob = (ref: string, { armor }: IssuedSignature): Buffer =>
      Buffer.concat([certificate(ref), utf8(armor)]);
    const first = keep(blob('refs/heads/one', one));
    const second = keep(blob('refs/heads/two', two), first);
    keep(blob('refs/heads/other', moved), second);
    const { explains } = await known();
    for (const issued of [one, two]) {
      expect([explains(entryOf(issued, 1)), explains(entryOf(issued, 2))]).toEqual([true, true]);
    }
    expect(explains(entryOf(moved))).toBe(false);
  });
});
