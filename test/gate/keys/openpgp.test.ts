import {
  config,
  createMessage,
  enums,
  generateKey,
  type PrivateKey,
  readKeys,
  readPrivateKey,
  readSignature,
  sign,
} from 'openpgp';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { githubWebFlow } from '../../../src/core/policy/github-web-flow.ts';
import { GITHUB_KEY_IDS } from '../../../src/core/policy/pinning.ts';
import { openPgpVerifier } from '../../../src/gate/keys/openpgp.ts';

const NOW = Math.floor(Date.now() / 1000);
const payload = utf8('tree 1\n');

async function person() {
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'x' }],
  });
  return { key: await readPrivateKey({ armoredKey: privateKey }), publicKey };
}

const signed = async (key: PrivateKey | PrivateKey[], options: object = {}): Promise<Uint8Array> =>
  utf8(
    String(
      await sign({
        message: await createMessage({ binary: payload }),
        signingKeys: key,
        detached: true,
        ...options,
      }),
    ).replaceAll('\r', ''),
  );

const verifier = (publicKey: string) =>
  openPgpVerifier([{ name: 'x', kind: 'openpgp', key: publicKey }], 'policy');

describe('the preset github-web-flow', () => {
  it('the preset holds the keys of 2017 and 2024, with their own dates (P08)', async () => {
    const rules = githubWebFlow('web');
    const keys = await Promise.all(rules.map(({ key }) => readKeys({ armoredKeys: key })));
    expect(keys.map(([key]) => key?.getFingerprint().toUpperCase())).toEqual([
      '5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23',
      '968479A1AFF927E37D1A566BB5690EEEBB952194',
    ]);
    expect(keys.map(([key]) => key?.getKeyID().toHex().toUpperCase())).toEqual(GITHUB_KEY_IDS);
    for (const [index, [key]] of keys.entries()) {
      const { from, until } = rules[index] ?? {};
      expect((key?.getCreationTime().getTime() ?? 0) / 1000).toBe(from);
      const expires = await key?.getExpirationTime();
      expect(expires instanceof Date ? expires.getTime() / 1000 : undefined).toBe(until);
    }
  });

  it('the verifier reads both keys of the preset, and no other key passes (P08)', async () => {
    const verify = await openPgpVerifier(githubWebFlow('web'), 'policy');
    const { key } = await person();
    expect(await verify(payload, await signed(key), NOW)).toMatchObject({ status: 'unknown' });
  });
});

describe('an OpenPGP signature', () => {
  it('a signature by the pinned key is good', async () => {
    const { key, publicKey } = await person();
    const verify = await verifier(publicKey);
    expect(await verify(payload, await signed(key), NOW)).toMatchObject({
      status: 'good',
      fingerprint: key.getFingerprint().toUpperCase(),
    });
  });

  it.each<[string, (key: PrivateKey) => Promise<Uint8Array>, string]>([
    [
      'in the future',
      (key) => signed(key, { date: new Date((NOW + 3600) * 1000) }),
      'time-in-future',
    ],
    ['twice (G02)', (key) => signed([key, key]), 'signer-ambiguous'],
    [
      'that is none',
      async () => utf8('-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n'),
      'armor-malformed',
    ],
    [
      'that is a message',
      async () => utf8('-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n'),
      'armor-malformed',
    ],
  ])('an OpenPGP signature %s is refused', async (_name, make, code) => {
    const { key, publicKey } = await person();
    const verify = await verifier(publicKey);
    expect(await verify(payload, await make(key), NOW)).toMatchObject({ status: 'bad', code });
  });

  it('an OpenPGP signature over a weak digest is refused (C08)', async () => {
    const weak = {
      ...config,
      preferredHashAlgorithm: enums.hash.sha1,
      nonDeterministicSignaturesViaNotation: false,
      rejectHashAlgorithms: new Set<enums.hash>(),
      rejectMessageHashAlgorithms: new Set<enums.hash>(),
    };
    const { privateKey, publicKey } = await generateKey({
      ...{ type: 'rsa', rsaBits: 2048, userIDs: [{ name: 'x' }], config: weak },
    });
    const key = await readPrivateKey({ armoredKey: privateKey, config: weak });
    const armor = await signed(key, { config: weak });
    const { packets } = await readSignature({ armoredSignature: Buffer.from(armor).toString() });
    expect(packets[0]?.hashAlgorithm).toBe(enums.hash.sha1);
    const verify = await verifier(publicKey);
    expect(await verify(payload, armor, NOW)).toMatchObject({
      ...{
        status: 'bad',
        code: 'signature-invalid',
        detail: expect.stringContaining('weak digest'),
      },
    });
  });

  it('an OpenPGP signature of other bytes is refused', async () => {
    const { key, publicKey } = await person();
    const verify = await verifier(publicKey);
    expect(await verify(utf8('tree 2\n'), await signed(key), NOW)).toMatchObject({
      ...{ status: 'bad', code: 'signature-invalid' },
    });
  });

  it('an OpenPGP key that cannot be read is an error of the policy', async () => {
    const { publicKey } = await person();
    await expect(
      verifier(publicKey.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA')),
    ).rejects.toMatchObject({ code: 'POLICY_FILE' });
  });
});
