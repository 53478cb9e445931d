import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { claimedOpenPgpKey } from '../../../src/core/git/openpgp-signature.ts';

const ID = '0011223344556677';
const OTHER = '8899AABBCCDDEEFF';
const FINGERPRINT = `${'AB'.repeat(12)}${ID}`;

const armored = (packet: Buffer, lines = ''): Uint8Array =>
  utf8(
    `-----BEGIN PGP SIGNATURE-----\n${lines}\n${packet.toString('base64')}\n=AAAA\n-----END PGP SIGNATURE-----\n`,
  );
const packet = (body: Buffer): Buffer => Buffer.concat([Buffer.from([0xc2, body.length]), body]);
const subpacket = (type: number, hex: string): Buffer => {
  const value = Buffer.from(hex, 'hex');
  return Buffer.concat([Buffer.from([value.length + 1, type]), value]);
};
const area = (...subpackets: Buffer[]): Buffer => {
  const bytes = Buffer.concat(subpackets);
  return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
};
const version4 = (hashed: Buffer, other = area()): Buffer =>
  Buffer.concat([Buffer.from([4, 0, 1, 8]), hashed, other, Buffer.from([0, 0, 0, 1, 1])]);
const issuer = subpacket(33, `04${FINGERPRINT}`);
const issuerId = subpacket(16, ID);
const date = subpacket(2, '65000000');

async function signatureBy(v6Keys: boolean) {
  const { privateKey } = await generateKey({
    type: v6Keys ? 'curve25519' : 'ecc',
    userIDs: [{ name: 'x' }],
    config: { v6Keys },
  });
  const key = await readPrivateKey({ armoredKey: privateKey });
  const message = await createMessage({ binary: utf8('x') });
  const text = String(await sign({ message, signingKeys: key, detached: true }));
  return {
    armor: utf8(text.replaceAll('\r', '')),
    fingerprint: (await key.getSigningKey()).getFingerprint().toUpperCase(),
  };
}

describe('the key that an OpenPGP signature claims', () => {
  it.each([false, true])('its fingerprint is read (key of version 6: %s)', async (v6Keys) => {
    const { armor, fingerprint } = await signatureBy(v6Keys);
    expect(fingerprint).toHaveLength(v6Keys ? 64 : 40);
    expect(claimedOpenPgpKey(armor)).toEqual({ fingerprint });
  });

  it.each<[string, Buffer]>([
    ['only an id, covered by the signature', version4(area(date, issuerId))],
    ['only an id, beside it', version4(area(date), area(issuerId))],
    ['version 3', Buffer.from(`030500650000${'00'}${ID}0108ffff000101`, 'hex')],
  ])('a signature without a fingerprint gives a key id: %s', (_, body) => {
    expect(claimedOpenPgpKey(armored(packet(body)))).toEqual({ keyId: ID });
  });

  it('what the signature covers counts before what it does not', () => {
    const other = subpacket(33, `04${'CD'.repeat(20)}`);
    expect(claimedOpenPgpKey(armored(packet(version4(area(issuer), area(other)))))).toEqual({
      fingerprint: FINGERPRINT,
    });
    const id = version4(area(issuerId), area(subpacket(16, OTHER)));
    expect(claimedOpenPgpKey(armored(packet(id)))).toEqual({ keyId: ID });
  });

  it('a fingerprint counts before an id in the same area, in either order', () => {
    for (const both of [area(issuerId, issuer), area(issuer, issuerId)]) {
      expect(claimedOpenPgpKey(armored(packet(version4(both))))).toEqual({
        fingerprint: FINGERPRINT,
      });
    }
  });

  it('old packet headers, long lengths and armor headers are read', () => {
    const body = version4(area(issuer));
    const old = Buffer.concat([Buffer.from([0x88, body.length]), body]);
    const two = Buffer.concat([Buffer.from([0x89, 0, body.length]), body]);
    const open = Buffer.concat([Buffer.from([0x8b]), body]);
    const five = Buffer.concat([Buffer.from([0xc2, 255, 0, 0, 0, body.length]), body]);
    const long = version4(
      area(subpacket(20, '00'.repeat(90)), subpacket(20, '11'.repeat(90)), issuer),
    );
    const wide = Buffer.concat([
      Buffer.from([0xc2, 192 + ((long.length - 192) >> 8), (long.length - 192) & 255]),
      long,
    ]);
    for (const bytes of [old, two, open, five, wide]) {
      expect(claimedOpenPgpKey(armored(bytes, 'Version: GnuPG v1\n'))).toEqual({
        fingerprint: FINGERPRINT,
      });
    }
  });

  const good = packet(version4(area(issuer)));
  it.each<[string, Uint8Array]>([
    ['no armor', utf8('x')],
    ['no end', utf8('-----BEGIN PGP SIGNATURE-----\n\nwsBc\n')],
    [
      'an armored key',
      utf8(Buffer.from(armored(good)).toString().replaceAll('SIGNATURE', 'PUBLIC KEY BLOCK')),
    ],
    ['broken base64', utf8(Buffer.from(armored(good)).toString().replace('\n\nw', '\n\n*'))],
    ['two signatures', armored(Buffer.concat([good, good]))],
    ['another packet', armored(Buffer.concat([Buffer.from([0xc6]), good.subarray(1)]))],
    [
      'a length beyond the end',
      armored(Buffer.concat([Buffer.from([0xc2, 191]), good.subarray(2)])),
    ],
    ['a partial length', armored(Buffer.concat([Buffer.from([0xc2, 0xe5]), good.subarray(2)]))],
    ['an area beyond the end', armored(packet(Buffer.from([4, 0, 1, 8, 255, 255, 1])))],
    ['a subpacket beyond the end', armored(packet(version4(area(Buffer.from([40, 33, 4])))))],
    [
      'a fingerprint of the wrong length',
      armored(packet(version4(area(subpacket(33, `04${ID}`))))),
    ],
    [
      'an unknown version',
      armored(packet(Buffer.concat([Buffer.from([9]), version4(area(issuer)).subarray(1)]))),
    ],
    ['no issuer', armored(packet(version4(area(date))))],
    ['nothing', armored(Buffer.alloc(0))],
  ])('no key is read from %s', (_, bytes) => {
    expect(claimedOpenPgpKey(bytes)).toBeUndefined();
  });
});
