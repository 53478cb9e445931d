import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { signingSshKey } from '../../../src/core/git/ssh-signature.ts';

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const armor = (bytes: Buffer): Uint8Array =>
  utf8(`-----BEGIN SSH SIGNATURE-----\n${bytes.toString('base64')}\n-----END SSH SIGNATURE-----\n`);
const string = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const head = Buffer.concat([Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1])]);

describe('the key that an SSH signature names', () => {
  it('as a policy spells it', () => {
    const blob = Buffer.concat([
      head,
      string(Buffer.from(KEY, 'base64')),
      string(Buffer.from('git')),
    ]);
    expect(signingSshKey(armor(blob))).toBe(`ssh-ed25519 ${KEY}`);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', armor(Buffer.alloc(0))],
    [
      'another magic',
      armor(Buffer.concat([Buffer.from('SSHSIX\0\0\0\x01'), string(Buffer.from(KEY, 'base64'))])),
    ],
    [
      'a key that is cut off',
      armor(
        Buffer.concat([
          head,
          Buffer.from([0, 0, 0, 51]),
          Buffer.from(KEY, 'base64').subarray(0, 20),
        ]),
      ),
    ],
    ['a length beyond the end', armor(Buffer.concat([head, Buffer.from([255, 255, 255, 255])]))],
    [
      'a certificate',
      armor(Buffer.concat([head, string(string(Buffer.from('ssh-ed25519-cert-v01@openssh.com')))])),
    ],
    ['no key type', armor(Buffer.concat([head, string(Buffer.from([0, 0, 0]))]))],
    ['text before the armor', utf8(`x\n${Buffer.from(armor(head)).toString()}`)],
    ['two armors', utf8(Buffer.from(armor(head)).toString().repeat(2))],
  ])('%s: none (C13)', (_name, bytes) => {
    expect(signingSshKey(bytes)).toBeUndefined();
  });
});
