import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../src/core/bytes.ts';
import { DerError, Tag } from '../../src/core/cms/der.ts';
import type { Crypto, HashAlgorithm, PublicKey } from '../../src/core/crypto.ts';
import { readPublicKey } from '../../src/core/x509/algorithms.ts';
import { signatureHolds } from '../../src/core/x509/signature.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { bunCrypto } from '../../src/system/crypto-bun.ts';
import { loadCrypto } from '../../src/system/crypto-port.ts';
import { hasherOfNode } from '../support/bun-hasher.ts';
import { encode, encodeUnsigned } from '../support/forge/der.ts';
import { type ForgeKey, type KeyKind, key } from '../support/forge/keys.ts';

const PORTS: readonly (readonly [string, Crypto])[] = [
  ['node:crypto', nodeCrypto],
  ['WebCrypto', bunCrypto({ CryptoHasher: hasherOfNode })],
];
const DATA = utf8('what is signed');
const flip = (bytes: Uint8Array, at = bytes.length - 1): Uint8Array =>
  bytes.with(at, bytes[at]! ^ 1);
const publicKey = ({ kind, spki }: Pick<ForgeKey, 'kind' | 'spki'>): PublicKey => ({ kind, spki });

const CASES: readonly (readonly [KeyKind, HashAlgorithm])[] = [
  ['p256', 'sha256'],
  ['p256', 'sha384'],
  ['p384', 'sha384'],
  ['p384', 'sha256'],
  ['p521', 'sha512'],
  ['ed25519', 'sha512'],
  ['rsa', 'sha256'],
  ['rsa', 'sha384'],
  ['rsa', 'sha512'],
];
/** Order of the group of P-256, and of edwards25519 (little end first). */
const P256_ORDER = Buffer.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'hex',
);
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

describe.each(PORTS)('the crypto port on %s', (_, crypto) => {
  const holds = (
    own: Pick<ForgeKey, 'kind' | 'spki'>,
    hash: HashAlgorithm,
    signature: Uint8Array,
    data = DATA,
  ): Promise<boolean> => signatureHolds(crypto, publicKey(own), hash, data, signature);

  it('chunks are hashed as if they were joined, long ones too (I05)', () => {
    for (const size of [10, 2 ** 20 + 1]) {
      const [head, body] = [utf8('commit 7\0'), new Uint8Array(size).fill(7)];
      const joined = createHash('sha1').update(concat(head, body)).digest('hex');
      expect(Buffer.from(crypto.hash('sha1', head, body)).toString('hex')).toBe(joined);
    }
  });

  it.each(CASES)(
    '%s with %s: the signature holds, over these bytes, by this key, with this hash (C08)',
    async (kind, hash) => {
      const own = key('signer', kind);
      const signature = own.sign(DATA, hash);
      expect(await holds(own, hash, signature)).toBe(true);
      expect(await holds(own, hash, signature, flip(DATA))).toBe(false);
      expect(await holds(own, hash, signature, new Uint8Array())).toBe(false);
      expect(await holds(key('other', kind), hash, signature)).toBe(false);
      const other = hash === 'sha512' ? 'sha256' : 'sha512';
      expect(await holds(own, other, signature)).toBe(kind === 'ed25519');
    },
  );

  it.each(CASES)('%s with %s: no malformed value holds, none throws (C09)', async (kind, hash) => {
    const own = key('signer', kind);
    const signature = own.sign(DATA, hash);
    const wrong = [
      new Uint8Array(),
      Uint8Array.of(0),
      signature.subarray(1),
      signature.subarray(0, -1),
      concat(signature, Uint8Array.of(0)),
      concat(Uint8Array.of(0), signature),
      new Uint8Array(signature.length),
      new Uint8Array(signature.length).fill(0xff),
      flip(signature),
      flip(signature, signature.length >> 1),
      concat(signature, signature),
    ];
    for (const value of wrong) expect(await holds(own, hash, value)).toBe(false);
  });

  it('ECDSA: zero, negative, oversized and unreduced numbers do not hold (C09)', async () => {
    const own = key('signer');
    const one = Uint8Array.of(1);
    const pair = (r: Uint8Array, s: Uint8Array): Uint8Array => encode(Tag.sequence, r, s);
    const good = encodeUnsigned(one);
    const odd = [
      encodeUnsigned(Uint8Array.of(0)),
      encode(Tag.integer, Uint8Array.of(0xff)),
      encode(Tag.integer, Uint8Array.of(0, 1)),
      encode(Tag.integer),
      encodeUnsigned(P256_ORDER),
      encodeUnsigned(new Uint8Array(33).fill(0x7f)),
      encodeUnsigned(new Uint8Array(5000).fill(0x7f)),
      encode(Tag.octetString, one),
    ];
    for (const number of odd) {
      expect(await holds(own, 'sha256', pair(number, good))).toBe(false);
      expect(await holds(own, 'sha256', pair(good, number))).toBe(false);
    }
    expect(await holds(own, 'sha256', pair(good, good))).toBe(false);
  });

  it('ECDSA: another encoding of the same two numbers does not hold (C10)', async () => {
    const own = key('signer');
    const signature = own.sign(DATA);
    const long = concat(Uint8Array.of(0x30, 0x81), signature.subarray(1));
    const indefinite = concat(
      Uint8Array.of(0x30, 0x80),
      signature.subarray(2),
      Uint8Array.of(0, 0),
    );
    const third = encode(Tag.sequence, signature.subarray(2), encodeUnsigned(Uint8Array.of(1)));
    for (const value of [long, indefinite, third])
      expect(await holds(own, 'sha256', value)).toBe(false);
    expect(await holds(own, 'sha256', encode(Tag.sequence, signature.subarray(2)))).toBe(true);
  });

  it('Ed25519: a scalar at or over the order of the group does not hold (CVE-2026-33895) (C09)', async () => {
    const own = key('signer', 'ed25519');
    const signature = own.sign(DATA);
    const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const raised = (scalar + ED25519_ORDER).toString(16).padStart(64, '0');
    const value = concat(
      signature.subarray(0, 32),
      Uint8Array.from(Buffer.from(raised, 'hex').reverse()),
    );
    expect(await holds(own, 'sha512', signature)).toBe(true);
    expect(await holds(own, 'sha512', value)).toBe(false);
  });

  it('a key that is none gives false, never an exception', async () => {
    const own = key('signer');
    const signature = own.sign(DATA);
    const spki = own.spki;
    const broken = [
      new Uint8Array(),
      spki.subarray(0, -1),
      flip(spki), // the point leaves the curve
      spki.with(-65, 2), // said to be compressed
      concat(spki.subarray(0, -64), new Uint8Array(64)),
      new Uint8Array(91),
    ];
    for (const bytes of broken)
      expect(await holds({ kind: 'p256', spki: bytes }, 'sha256', signature)).toBe(false);
  });

  it('a key under another kind\u2019s name does not hold', async () => {
    const p256 = key('signer');
    const p384 = key('signer', 'p384');
    for (const kind of ['p384', 'p521', 'ed25519', 'rsa'] as const) {
      expect(
        await crypto.verify({ kind, spki: p256.spki }, 'sha384', DATA, p384.sign(DATA, 'sha384')),
      ).toBe(false);
    }
  });

  it('chunks of the other runtime are hashed as one', () => {
    for (const algorithm of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const whole = crypto.hash(algorithm, DATA);
      expect(
        Buffer.from(
          crypto.hash(algorithm, DATA.subarray(0, 4), new Uint8Array(), DATA.subarray(4)),
        ),
      ).toEqual(Buffer.from(whole));
      expect(Buffer.from(whole)).toEqual(Buffer.from(nodeCrypto.hash(algorithm, DATA)));
    }
  });
});

describe('keys as they are read', () => {
  it('bytes after a key, which libraries forgive, do not reach one (C10)', () => {
    expect(readPublicKey(key('signer').spki)).toMatchObject({ kind: 'p256' });
    expect(() => readPublicKey(concat(key('signer').spki, Uint8Array.of(0)))).toThrow(DerError);
    expect(readPublicKey(key('signer').spki.with(-65, 2))).toBeUndefined();
  });
});

describe('keys in memory', () => {
  it('hundreds of keys do not mix: each signature holds under its own', () => {
    const many = Array.from({ length: 70 }, (_, index) => key(`many ${index}`));
    for (const round of [0, 1]) {
      for (const [index, own] of many.entries()) {
        const signature = own.sign(DATA);
        expect(nodeCrypto.verify(publicKey(own), 'sha256', DATA, signature), `${round}`).toBe(true);
        expect(nodeCrypto.verify(publicKey(many.at(index - 1)!), 'sha256', DATA, signature)).toBe(
          false,
        );
      }
    }
  });

  it('a view into a larger buffer is the key it shows, not the buffer', () => {
    const [a, b] = [key('a'), key('b')];
    const shared = concat(a.spki, b.spki);
    const view = shared.subarray(a.spki.length);
    expect(nodeCrypto.verify({ kind: 'p256', spki: view }, 'sha256', DATA, b.sign(DATA))).toBe(
      true,
    );
    expect(nodeCrypto.verify({ kind: 'p256', spki: view }, 'sha256', DATA, a.sign(DATA))).toBe(
      false,
    );
  });

  it('a runtime without Bun gets node:crypto', async () => {
    expect(await loadCrypto()).toBe(nodeCrypto);
  });
});
