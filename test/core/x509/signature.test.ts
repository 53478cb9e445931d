import { describe, expect, it } from 'vitest';
import type { Crypto, PublicKey } from '../../../src/core/crypto.ts';
import { signatureHolds } from '../../../src/core/x509/signature.ts';

const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const key = (kind: PublicKey['kind']): PublicKey => ({ kind, spki: new Uint8Array() });

/** A library that believes everything: what is refused never reached it. */
const credulous: Crypto = { hash: () => new Uint8Array(), verify: () => true };
const holds = (signature: Uint8Array, kind: PublicKey['kind'] = 'p256'): Promise<boolean> =>
  signatureHolds(credulous, key(kind), 'sha256', new Uint8Array(), signature);

const scalar = (size: number, first = 1): readonly number[] => [
  2,
  size,
  first,
  ...Array<number>(size - 1).fill(1),
];
const pair = (...inside: readonly number[]): Uint8Array => octets(0x30, inside.length, ...inside);

describe('the DER of ECDSA is read before any library sees it (C09)', () => {
  it('a well-formed ECDSA value is let through', async () => {
    expect(await holds(pair(...scalar(32), ...scalar(32)))).toBe(true);
    expect(await holds(pair(...scalar(1), ...scalar(33, 0).with(3, 0x80)))).toBe(true);
    expect(await holds(pair(...scalar(48), ...scalar(48)), 'p384')).toBe(true);
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', octets()],
    ['an empty sequence', pair()],
    ['one scalar', pair(...scalar(32))],
    ['three scalars', pair(2, 1, 1, 2, 1, 1, 2, 1, 1)],
    ['a zero', pair(2, 1, 0, ...scalar(32))],
    ['an empty scalar', pair(2, 0, ...scalar(32))],
    ['a negative scalar', pair(...scalar(32, 0x80), ...scalar(32))],
    ['a padded scalar', pair(2, 2, 0, 1, ...scalar(32))],
    ['33 octets', pair(...scalar(33), ...scalar(32))],
    ['48 octets', pair(...scalar(48), ...scalar(32))],
    ['an octet behind', octets(...pair(2, 1, 1, 2, 1, 1), 0)],
    ['a long length', octets(0x30, 0x81, 6, 2, 1, 1, 2, 1, 1)],
    ['an indefinite length', octets(0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0)],
    ['a set', octets(0x31, 6, 2, 1, 1, 2, 1, 1)],
    ['r and s side by side', new Uint8Array(64).fill(1)],
  ])('the ECDSA value is refused: %s', async (_, signature) => {
    expect(await holds(signature)).toBe(false);
  });

  it('values of RSA and Ed25519 are not read, because they are no DER', async () => {
    expect(await holds(new Uint8Array(256), 'rsa')).toBe(true);
    expect(await holds(new Uint8Array(64), 'ed25519')).toBe(true);
  });
});
