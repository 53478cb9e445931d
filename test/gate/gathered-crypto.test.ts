import { describe, expect, it } from 'vitest';
import type { Crypto, PublicKey } from '../../src/core/crypto.ts';
import { gatheredCrypto } from '../../src/gate/gathered-crypto.ts';

const key = (kind: PublicKey['kind'], name: number): PublicKey => ({
  kind,
  spki: Uint8Array.of(name),
});

/** A port that calls a signature good if it is the name of the key, and notes the questions. */
function port(): { readonly crypto: Crypto; readonly asked: string[] } {
  const asked: string[] = [];
  const crypto: Crypto = {
    hash: () => new Uint8Array(),
    verify: ({ kind, spki }, _hash, _data, signature) => {
      asked.push(kind);
      if (signature.length === 0) throw new Error('no signature');
      return spki[0] === signature[0];
    },
  };
  return { crypto, asked };
}

const none = new Uint8Array();

describe('signatures that are verified in a row', () => {
  it('each question gets its own answer, although the questions are sorted by curve', async () => {
    const { crypto, asked } = port();
    const { verify } = gatheredCrypto(crypto);
    const answers = [
      verify(key('p384', 1), 'sha384', none, Uint8Array.of(1)),
      verify(key('p256', 2), 'sha256', none, Uint8Array.of(1)),
      verify(key('p384', 3), 'sha384', none, Uint8Array.of(1)),
      verify(key('p256', 4), 'sha256', none, Uint8Array.of(4)),
    ];
    await Promise.resolve();
    expect(asked).toEqual([]);
    expect(await Promise.all(answers)).toEqual([true, false, false, true]);
    expect(asked).toEqual(['p256', 'p256', 'p384', 'p384']);
    expect(await verify(key('p256', 5), 'sha256', none, Uint8Array.of(5))).toBe(true);
    expect(asked.length).toBe(5);
  });

  it('an error of the port reaches the question that met it, and no other', async () => {
    const { verify } = gatheredCrypto(port().crypto);
    const answers = await Promise.allSettled([
      verify(key('p256', 1), 'sha256', none, none),
      verify(key('p256', 2), 'sha256', none, Uint8Array.of(2)),
    ]);
    expect(answers).toMatchObject([
      { status: 'rejected', reason: { message: 'no signature' } },
      { status: 'fulfilled', value: true },
    ]);
  });
});
