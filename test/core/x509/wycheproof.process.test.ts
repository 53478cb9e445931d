import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Crypto } from '../../../src/core/crypto.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { bunCrypto } from '../../../src/system/crypto-bun.ts';
import { hasherOfNode } from '../../support/bun-hasher.ts';
import { runMeanwhile } from '../../support/git-repository.ts';
import { RUNTIMES } from '../../support/runtimes.ts';
import { describeShared, sharedVectors } from '../../support/shared-vectors.ts';
import { heldCases, readWycheproof, type WycheproofFile } from '../../support/wycheproof.ts';

/** How many cases each file has, and how many of them are valid: a file that shrinks is no longer the same test. */
const COUNTS: Readonly<Record<string, readonly [all: number, valid: number]>> = {
  ecdsa_secp256r1_sha256: [484, 174],
  ecdsa_secp384r1_sha256: [472, 162],
  ecdsa_secp384r1_sha384: [504, 194],
  ecdsa_secp521r1_sha512: [542, 232],
  ed25519: [151, 88],
  rsa_signature_2048_sha256: [259, 9],
};
/** `acceptable` cases, each with what is decided here: exactly these, and no valid or invalid case is judged otherwise. */
const ACCEPTABLE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  // PKCS #1 v1.5 without the NULL of the digest's algorithm: both libraries refuse it, and so may we (RFC 8017 A.2.4)
  rsa_signature_2048_sha256: { 8: 'Missing NULL in the ASN encoding' },
};

const PORTS: readonly (readonly [string, Crypto])[] = [
  ['node:crypto', nodeCrypto],
  ['WebCrypto of Node', bunCrypto({ CryptoHasher: hasherOfNode })],
];
const casesOf = ({ groups }: WycheproofFile) => groups.flatMap(({ tests }) => tests);
const validOf = (file: WycheproofFile): readonly number[] =>
  casesOf(file)
    .filter(({ result }) => result === 'valid')
    .map(({ tcId }) => tcId);

describeShared('Wycheproof signatures (C09)', 'wycheproof/', () => {
  const files = readWycheproof(sharedVectors('wycheproof/'));

  it('the six files hold 2412 cases, one of them acceptable by name', () => {
    const counts = files.map((file) => [file.name, [casesOf(file).length, validOf(file).length]]);
    expect(Object.fromEntries(counts)).toEqual(COUNTS);
    expect(casesOf({ name: '', groups: files.flatMap(({ groups }) => groups) })).toHaveLength(2412);
    for (const file of files) {
      const acceptable = casesOf(file).filter(({ result }) => result === 'acceptable');
      expect(Object.fromEntries(acceptable.map(({ tcId, comment }) => [tcId, comment]))).toEqual(
        ACCEPTABLE[file.name] ?? {},
      );
    }
  });

  describe.each(PORTS)('judged with %s', (_, crypto) => {
    it.each(files.map((file) => [file.name, COUNTS[file.name], file] as const))(
      '%s: of [all, valid] %o cases, the valid ones hold and no other',
      async (_name, _counts, file) => {
        expect(await heldCases(file, crypto)).toEqual(validOf(file));
      },
    );
  });

  it('judged by Bun itself: in all six files the valid cases hold and no other', async () => {
    const runner = fileURLToPath(new URL('../../support/wycheproof-runner.ts', import.meta.url));
    const ran = await runMeanwhile(RUNTIMES.bun, [runner, sharedVectors('wycheproof/').href], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '' },
    });
    expect(ran.err).toBe('');
    const expected = files.map((file) => [file.name, validOf(file)]);
    expect(JSON.parse(ran.out)).toEqual(Object.fromEntries(expected));
  });
});
