import { describe, expect, it } from 'vitest';
import { signatureFacts } from '../../src/core/signature-facts.ts';
import { inTotoStatement, withoutCredentials } from '../../src/report/in-toto.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { vector } from '../support/gitsign-vectors.ts';

const statement = (file: string, name?: string) => {
  const { id, type, raw, format } = vector(file);
  return inTotoStatement(signatureFacts({ id, type, raw }, format, nodeCrypto), name);
};

describe('inTotoStatement', () => {
  it('the statement has the names of the specification and gitsign’s predicate', () => {
    const { id, signature } = vector('offline/05-merge.commit');
    const made = statement('offline/05-merge.commit', 'https://example.test/r');
    expect(made).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'https://example.test/r', digest: { sha1: id, gitCommit: id } }],
      predicateType: 'https://gitsign.sigstore.dev/predicate/git/v0.1',
      predicate: { signature: Buffer.from(signature).toString() },
    });
    const source = made.predicate['source'] as Record<string, unknown>;
    expect(Object.keys(source)).toEqual(['tree', 'parents', 'author', 'committer', 'message']);
    expect((source['parents'] as unknown[]).length).toBe(2);
  });

  it('the statement of a tag has the tag’s predicate', () => {
    const { id } = vector('tags/01-offline.tag');
    const made = statement('tags/01-offline.tag');
    expect(made.predicateType).toBe('https://gitsign.sigstore.dev/predicate/tag/v0.1');
    expect(made.subject).toEqual([{ digest: { sha1: id, gitTag: id } }]);
    expect(made.predicate['source']).toMatchObject({ object_type: 'commit' });
  });

  it('the statement of a SHA-256 object has no sha1 digest (G12)', () => {
    const { id } = vector('sha256/01-offline.commit');
    expect(statement('sha256/01-offline.commit').subject).toEqual([{ digest: { gitCommit: id } }]);
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['https://alice:secret@example.test/a/b.git', 'https://example.test/a/b.git'],
    ['https://token@example.test/a', 'https://example.test/a'],
    ['https://example.test/a?private_token=x#y', 'https://example.test/a'],
    ['ssh://git@example.test:22/a', 'ssh://example.test:22/a'],
    ['git@example.test:a/b.git', 'example.test:a/b.git'],
    ['https://example.test/a/b.git', 'https://example.test/a/b.git'],
    ['/srv/git/a@b:c', '/srv/git/a@b:c'],
    ['../up', '../up'],
  ])('credentials are removed from a remote of the kind %s (F7)', (url, plain) => {
    expect(withoutCredentials(url)).toBe(plain);
  });
});
