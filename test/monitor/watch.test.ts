import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { certainText, namedRule, watchFor } from '../../src/monitor/watch.ts';

const signer = (value: string, issuer = 'https://accounts.example.test') =>
  ({ kind: 'email', value, issuer, extensions: {} }) as const;

describe('a watch', () => {
  it('compares identities byte for byte, and any issuer counts if none is named', () => {
    const watch = watchFor([
      namedRule('alice@example.test'),
      namedRule('bob@example.test', 'https://accounts.example.test'),
    ]);
    expect(watch.ruleOf(signer('alice@example.test', 'https://other.test'))).toBe(
      'alice@example.test',
    );
    expect(watch.ruleOf(signer('Alice@example.test'))).toBeUndefined();
    expect(watch.ruleOf(signer('alice@example.test.evil.test'))).toBeUndefined();
    expect(watch.ruleOf(signer('bob@example.test'))).toBe('bob@example.test');
    expect(watch.ruleOf(signer('bob@example.test', 'https://other.test'))).toBeUndefined();
  });

  it('knows which identities the index of Rekor v1 cannot find (M05)', () => {
    expect(watchFor([namedRule('alice@example.test')])).toMatchObject({
      emails: ['alice@example.test'],
      beyondIndex: false,
    });
    const workflow = namedRule(
      'https://github.com/acme/app/.github/workflows/x.yml@refs/heads/main',
    );
    expect(watchFor([workflow])).toMatchObject({ emails: [], beyondIndex: true });
  });

  it('finds a name in DER within base64, and in PEM within base64 whose lines break anywhere (M04)', () => {
    const name = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
    const watch = watchFor([namedRule(name)]);
    for (let before = 0; before < 130; before += 1) {
      const der = Buffer.concat([Buffer.alloc(before, 0x30), utf8(name), Buffer.alloc(120, 0x31)]);
      const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
      const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
      const [flat, deep] = [der.toString('base64'), Buffer.from(pem).toString('base64')];
      expect(watch.mayConcern(utf8(`{"a":"${flat}"}`), false)).toBe(true);
      expect(watch.mayConcern(utf8(`{"a":"${deep}"}`), true)).toBe(true);
      const twice = Buffer.from(deep).toString('base64');
      expect(watch.mayConcern(utf8(`{"a":"${twice}"}`), true)).toBe(true);
    }
  });

  it('refuses an identity that would be found everywhere', () => {
    expect(() => watchFor([namedRule('a@b.c')])).toThrow(expect.objectContaining({ exitCode: 2 }));
    const rule = { name: 'all', identityPattern: '.*', issuer: 'https://x.test' };
    expect(() => watchFor([rule])).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('the certain text of a pattern', () => {
  it.each([
    ['alice@example\\.test', 'alice@example.test'],
    ['.*@example\\.test', '@example.test'],
    ['[a-z|]+@corp\\.test', '@corp.test'],
    ['(alice|bob)@example\\.test', '@example.test'],
    ['alice?@example\\.test', '@example.test'],
    ['x{2,3}@example\\.test$', '@example.test'],
    ['alice|bob', ''],
    ['\\w+\\d+', ''],
    ['https://github\\.com/acme/[^/]+/\\.github/.*', 'https://github.com/acme/'],
    ['ab+cdefg', 'cdefg'],
    ['\\x61bcdefgh', ''],
  ])('%s holds %s', (pattern, text) => {
    expect(certainText(pattern)).toBe(text);
  });
});
