/** What a repository's signatures explain: exactly their own log entries, wherever in the repository they are kept. */

import { createHash, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { joinSignature } from '../../src/core/git/signed-object.ts';
import { knownSignatures } from '../../src/monitor/repositories.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import type { IssuedSignature } from '../../src/sandbox/issue-signature.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { bodyV1, bodyV2, type LoggedRecord } from '../support/forge/log.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, TAG } from '../support/signing.ts';

const sandbox = useSandbox();
const repository = scratchRepository('explained');
const sha256 = (...parts: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');

const payload = (text: string): Buffer =>
  Buffer.from(COMMIT.toString().replace('parser: refuse trailing bytes', text));

/** Stores a signed object and returns its name and its signature. */
async function stored(type: 'commit' | 'tag', bytes: Uint8Array, email = 'alice@example.test') {
  const issued = await sandbox().issueSignature(Buffer.from(bytes), { email });
  const raw = joinSignature(bytes, utf8(issued.armor), type === 'commit' ? 'gpgsig' : 'body');
  const id = repository.write(type, raw);
  return { id, issued };
}

/** The entry of a signature, as a log holds it. */
function entryOf(
  { signedAttributes, signature, certificate }: IssuedSignature,
  version: 1 | 2 = 1,
) {
  const digest = createHash('sha256').update(signedAttributes).digest();
  return entry({ digest, signature, certificateDer: certificate }, version);
}

function entry(record: LoggedRecord, version: 1 | 2 = 1) {
  const body = (version === 1 ? bodyV1 : bodyV2)(record);
  const certificate = {
    sha256: sha256(record.certificateDer),
    sha1: '',
    notBefore: 0,
    notAfter: 0,
  };
  const digest = Buffer.from(record.digest).toString('hex');
  return { leaf: sha256(Uint8Array.of(0), body), digest, certificate };
}

const known = () =>
  knownSignatures([repository.path], {
    crypto,
    watch: watchFor([namedRule('alice@example.test')]),
    env: repository.env,
    cwd: '/',
  });

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

  it('explains nothing by the signatures of other people', async () => {
    const other = await stored('commit', payload('by bob'), 'bob@example.test');
    repository.must('update-ref', 'refs/heads/bob', other.id);
    expect(new X509Certificate(other.issued.certificate).subjectAltName).toContain('bob');
    expect((await known()).explains(entryOf(other.issued))).toBe(false);
  });
});
