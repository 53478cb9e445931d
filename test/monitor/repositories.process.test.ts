/** What a repository's signatures explain: exactly their own log entries, wherever in the repository they are kept. */

import { createHash, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { joinSignature } from '../../src/core/git/signed-object.ts';
import { readStatement } from '../../src/core/rekor/logged-certificates.ts';
import { summarize } from '../../src/core/x509/certificate.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { entry, entryOf, explainedRepository, sha256 } from '../support/explained.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, TAG } from '../support/signing.ts';

const sandbox = useSandbox();
const { repository, treeOf, commitOf, known } = explainedRepository('explained');

const payload = (text: string): Buffer =>
  Buffer.from(COMMIT.toString().replace('parser: refuse trailing bytes', text));

/** Stores a signed object and returns its name and its signature. */
async function stored(type: 'commit' | 'tag', bytes: Uint8Array, email = 'alice@example.test') {
  const issued = await sandbox().issueSignature(Buffer.from(bytes), { email });
  const raw = joinSignature(bytes, utf8(issued.armor), type === 'commit' ? 'gpgsig' : 'body');
  const id = repository.write(type, raw);
  return { id, issued };
}

const signed = (bytes: Uint8Array) =>
  sandbox().issueSignature(Buffer.from(bytes), { email: 'alice@example.test' });

/** A DSSE envelope. Its signature does not hold, because the log checks that and the monitor does not. */
const envelope = (text: string): string =>
  JSON.stringify({
    payloadType: 'application/vnd.in-toto+json',
    payload: Buffer.from(text).toString('base64'),
    signatures: [{ keyid: '', sig: Buffer.from(`signature of ${text}`).toString('base64') }],
  });

/** The entry of an envelope, read as the monitor reads it. */
async function attestation(kind: 'dsse' | 'intoto', text: string) {
  const { certificate: der } = await signed(payload('any'));
  const verifier = Buffer.from(new X509Certificate(der).toString()).toString('base64');
  const hash = (value: string) => ({ algorithm: 'sha256', value: sha256(utf8(value)) });
  const { payload: inner, signatures } = JSON.parse(text);
  const payloadHash = hash(Buffer.from(inner, 'base64').toString());
  const specs = {
    dsse: {
      envelopeHash: hash(text),
      payloadHash,
      signatures: [{ signature: signatures[0].sig, verifier }],
    },
    intoto: { content: { hash: hash(text), payloadHash }, publicKey: verifier },
  };
  const body = utf8(JSON.stringify({ apiVersion: '0.0.1', kind, spec: specs[kind] }));
  const { digest, envelope: named, certificates } = readStatement(body) ?? {};
  const [own] = certificates ?? [];
  if (own === undefined) throw new TypeError('the entry has no certificate');
  const leaf = sha256(Uint8Array.of(0), body);
  return { leaf, digest, envelope: named, certificate: summarize(own, crypto) };
}

describe('a repository', () => {
  it('explains the entries of what is on a ref, in a reflog, in a note and in a tag of a tag, in both logs', async () => {
    const onRef = await stored('commit', payload('on a ref'));
    const gone = await stored('commit', payload('rebased away'));
    const note = await stored('commit', payload('in a note'));
    const innerPayload = Buffer.from(TAG.toString().replace(/^object .*/, `object ${onRef.id}`));
    const inner = await stored('tag', innerPayload);
    const outerPayload = Buffer.from(
      TAG.toString()
        .replace(/^object .*\ntype commit/, `object ${inner.id}\ntype tag`)
        .replace('tag v1.0', 'tag outer'),
    );
    const outer = await stored('tag', outerPayload);
    repository.must('update-ref', '--create-reflog', 'refs/heads/main', gone.id);
    repository.must('update-ref', 'refs/heads/main', onRef.id);
    repository.must('update-ref', 'refs/notes/x', note.id);
    repository.must('update-ref', 'refs/tags/outer', outer.id);
    const { explains, count } = await known();
    expect(count).toBe(5);
    for (const { issued } of [onRef, gone, note, inner, outer]) {
      expect(explains(entryOf(issued, 1))).toBe(true);
      expect(explains(entryOf(issued, 2))).toBe(true);
    }
    const elsewhere = await sandbox().issueSignature(payload('elsewhere'));
    expect(explains(entryOf(elsewhere))).toBe(false);
  });

  it('does not explain an entry about its own commit under another certificate (M18)', async () => {
    const mine = await stored('commit', payload('mine'));
    repository.must('update-ref', 'refs/heads/mine', mine.id);
    const thief = await sandbox().issueSignature(payload('other'));
    const { signedAttributes } = mine.issued;
    const digest = createHash('sha256').update(signedAttributes).digest();
    const signature = sign('sha256', signedAttributes, thief.keys.privateKey);
    const { explains } = await known();
    expect(explains(entry({ digest, signature, certificateDer: thief.certificate }))).toBe(false);
    expect(explains(entryOf(mine.issued))).toBe(true);
    // gitsign's online form: a second signature, over the name
    const name = createHash('sha256').update(mine.id).digest();
    const online = sign('sha256', utf8(mine.id), mine.issued.keys.privateKey);
    const own = { digest: name, signature: online, certificateDer: mine.issued.certificate };
    expect(explains(entry(own))).toBe(true);
    expect(explains(entry({ ...own, certificateDer: thief.certificate }))).toBe(false);
  });

  it('explains a signed tag that only a merge commit keeps, and not another signature of that tag', async () => {
    const tag = Buffer.from(TAG.toString().replace('tag v1.0', 'tag merged'));
    const [issued, again] = [await signed(tag), await signed(tag)];
    const raw = Buffer.from(joinSignature(tag, utf8(issued.armor), 'body')).toString('latin1');
    const header = `mergetag ${raw.trimEnd().replaceAll('\n', '\n ')}\n`;
    const merge = payload('a merge').toString('latin1').replace('\n\n', `\n${header}\n`);
    repository.must(
      'update-ref',
      'refs/heads/merge',
      repository.write('commit', Buffer.from(merge, 'latin1')),
    );
    const { explains } = await known();
    expect([explains(entryOf(issued, 1)), explains(entryOf(issued, 2))]).toEqual([true, true]);
    expect(explains(entryOf(again))).toBe(false);
  });

  it('explains the entries of attestations and of envelopes in notes, and no other signature of their payload', async () => {
    const [kept, noted, gone] = [envelope('one'), envelope('two'), envelope('three')];
    const blob = repository.write('blob', utf8(kept));
    const leaf = treeOf('100644', 'test.json.sig', blob);
    const first = commitOf(treeOf('40000', 'f'.repeat(40), leaf));
    repository.must('update-ref', 'refs/attestations/commits', first);
    const note = treeOf('100644', 'f'.repeat(40), repository.write('blob', utf8(`${noted}\n`)));
    repository.must('update-ref', 'refs/notes/attest', commitOf(note));
    // a project may keep envelopes of others on a branch
    const branch = treeOf('100644', 'vendor.sig', repository.write('blob', utf8(gone)));
    repository.must('update-ref', 'refs/heads/vendored', commitOf(branch));
    const { explains } = await known();
    for (const kind of ['dsse', 'intoto'] as const) {
      expect(explains(await attestation(kind, kept))).toBe(true);
      expect(explains(await attestation(kind, noted))).toBe(true);
      expect(explains(await attestation(kind, gone))).toBe(false);
      const otherKey = kept.replace(/"sig":"[^"]*"/, '"sig":"AAAA"');
      expect(explains(await attestation(kind, otherKey))).toBe(false);
    }
  });

  it('explains nothing by the signatures of other people', async () => {
    const other = await stored('commit', payload('by bob'), 'bob@example.test');
    repository.must('update-ref', 'refs/heads/bob', other.id);
    expect(new X509Certificate(other.issued.certificate).subjectAltName).toContain('bob');
    expect((await known()).explains(entryOf(other.issued))).toBe(false);
  });
});
