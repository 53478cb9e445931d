import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/core/trust/canonical-json.ts';
import { readTufMetadata } from '../../../src/core/trust/tuf-metadata.ts';
import { firstRoot, isTarget, proveTargets } from '../../../src/core/trust/tuf-proof.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { PUBLIC_GOOD_ROOT, STAGING_ROOT } from '../../../src/trust/embedded.ts';
import { canonical, makeTufRepository, signTuf, tufKey } from '../../support/tuf-repository.ts';

const TRUST_FILE = expect.objectContaining({ code: 'TRUST_FILE' });

describe('canonical JSON', () => {
  it('the canonical form is the one that the library of other clients signs', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tree), (value) => {
        // through JSON, as metadata comes: a key __proto__ is a key like any other
        const parsed = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        expect(canonicalJson(parsed)).toBe(canonical(parsed).toString());
      }),
      { numRuns: 200 },
    );
  });
  it.each([[0.5], [1e300], [{ a: [Number.MAX_SAFE_INTEGER + 1] }], [undefined]])(
    'the value %j has no canonical form',
    (value) => {
      expect(canonicalJson(value)).toBeUndefined();
    },
  );
  it('a value that is nested too deep has no canonical form', () => {
    expect(canonicalJson(JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`))).toBeUndefined();
  });
});

describe('roots that are built in', () => {
  it.each([
    ['public-good', PUBLIC_GOOD_ROOT],
    ['staging', STAGING_ROOT],
  ])('%s: signed by enough of its own keys', async (_name, text) => {
    const root = await firstRoot(text, nodeCrypto);
    expect(root.version).toBeGreaterThan(10);
  });
  it('a root with a changed value is refused', async () => {
    const changed = PUBLIC_GOOD_ROOT.replace(
      '"consistent_snapshot": true',
      '"consistent_snapshot": false',
    );
    expect(changed).not.toBe(PUBLIC_GOOD_ROOT);
    await expect(firstRoot(changed, nodeCrypto)).rejects.toEqual(TRUST_FILE);
  });
});

describe('a chain of roots and its targets', () => {
  const made = () => {
    const repository = makeTufRepository({
      targets: { 'trusted_root.json': '{}' },
      keys: { root: 3, targets: 2 },
      thresholds: { root: 2, targets: 2 },
    });
    repository.rotate(['root']);
    repository.rotate(['root', 'targets']);
    const texts = [1, 2, 3].map((version) => repository.root(version).toString());
    const targets = repository.files.get('3.targets.json')?.toString() ?? '';
    return { repository, texts, targets };
  };
  const prove = (texts: readonly string[], targets: string) => {
    const [first = '', ...next] = texts;
    return proveTargets(first, next, targets, nodeCrypto);
  };

  it('a chain of roots proves its targets', async () => {
    const { texts, targets } = made();
    const { root, files } = await prove(texts, targets);
    expect(root.version).toBe(3);
    const target = files.get('trusted_root.json');
    expect([isTarget(target, '{}', nodeCrypto), isTarget(target, '{ }', nodeCrypto)]).toEqual([
      true,
      false,
    ]);
    expect(isTarget(undefined, '{}', nodeCrypto)).toBe(false);
  });
  it.each<[string, (texts: string[]) => readonly string[]]>([
    ['with one left out', ([first = '', , third = '']) => [first, third]],
    ['in another order', ([first = '', second = '', third = '']) => [first, third, second]],
    ['that starts later than what is trusted', ([, second = '', third = '']) => [third, second]],
    ['that ends too early for the targets', ([first = '', second = '']) => [first, second]],
    ['with one twice', ([first = '', second = '', third = '']) => [first, second, second, third]],
  ])('%s do not (T03, T04)', async (_name, change) => {
    const { texts, targets } = made();
    await expect(prove(change(texts), targets)).rejects.toEqual(TRUST_FILE);
  });
  it('metadata needs as many keys as the threshold says, and a key counts once (T03)', async () => {
    const { repository, texts } = made();
    const signed = repository.signed('targets');
    const [one, two] = repository.keys('targets');
    await expect(prove(texts, signTuf(signed, [one!]).toString())).rejects.toEqual(TRUST_FILE);
    await expect(prove(texts, signTuf(signed, [one!, one!]).toString())).rejects.toEqual(
      TRUST_FILE,
    );
    await expect(prove(texts, signTuf(signed, [one!, tufKey('ecdsa')]).toString())).rejects.toEqual(
      TRUST_FILE,
    );
    await prove(texts, signTuf(signed, [tufKey('ed25519'), two!, one!]).toString());
  });
  it('a key under two names is one key (T03)', async () => {
    const key = tufKey('ed25519');
    const keys = { a: key.json, b: key.json };
    const role = { keyids: ['a', 'b'], threshold: 2 };
    const signed = {
      ...{ _type: 'root', spec_version: '1.0', version: 1, expires: '2030-01-01T00:00:00Z', keys },
      roles: { root: role, targets: role, snapshot: role, timestamp: role },
    };
    const text = signTuf(signed, [
      { ...key, id: 'a' },
      { ...key, id: 'b' },
    ]).toString();
    await expect(firstRoot(text, nodeCrypto)).rejects.toMatchObject({ code: 'TRUST_FILE' });
  });
  it('P-384 keys are taken with SHA-384, and no key under the scheme of another', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const rootOf = (scheme: string): string => {
      const role = { keyids: ['k'], threshold: 1 };
      const signed = {
        ...{ _type: 'root', spec_version: '1.0', version: 1, expires: '2030-01-01T00:00:00Z' },
        keys: { k: { keytype: 'ecdsa', scheme, keyval: { public: pem } } },
        roles: { root: role },
      };
      const sig = sign('sha384', canonical(signed), privateKey).toString('hex');
      return JSON.stringify({ signed, signatures: [{ keyid: 'k', sig }] });
    };
    expect((await firstRoot(rootOf('ecdsa-sha2-nistp384'), nodeCrypto)).version).toBe(1);
    await expect(firstRoot(rootOf('ecdsa-sha2-nistp256'), nodeCrypto)).rejects.toEqual(TRUST_FILE);
  });
});

describe('metadata that is none (T03)', () => {
  const good = {
    _type: 'root',
    spec_version: '1.0.31',
    version: 1,
    expires: '2030-01-01T00:00:00Z',
  };
  const text = (signed: object, signatures: unknown = []): string =>
    JSON.stringify({ signed, signatures });
  it('whole metadata is read', () => {
    expect(readTufMetadata(text(good), 'root')).toMatchObject({
      version: 1,
      expires: 1_893_456_000,
    });
  });
  it.each<[string, string]>([
    ['not JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another type', text({ ...good, _type: 'targets' })],
    ['another specification', text({ ...good, spec_version: '2.0' })],
    ['version zero', text({ ...good, version: 0 })],
    ['a version in text', text({ ...good, version: '1' })],
    ['no time', text({ ...good, expires: 'never' })],
    ['a time without a zone', text({ ...good, expires: '2030-01-01T00:00:00' })],
    ['a fraction somewhere', text({ ...good, more: 0.5 })],
    ['signatures that are no list', text(good, {})],
    ['a signature that is no hex', text(good, [{ keyid: 'a', sig: 'x' }])],
    [
      'a key that signs twice',
      text(good, [
        { keyid: 'a', sig: '00' },
        { keyid: 'a', sig: '00' },
      ]),
    ],
    [
      'an inherited type',
      '{"signed":{"__proto__":{"_type":"root"},"spec_version":"1.0","version":1},"signatures":[]}',
    ],
  ])('%s', (_name, metadata) => {
    expect(() => readTufMetadata(metadata, 'root')).toThrow(TRUST_FILE);
  });
});
