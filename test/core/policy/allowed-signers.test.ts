import { describe, expect, it } from 'vitest';
import { readListedSshKeys } from '../../../src/core/policy/allowed-signers.ts';

const BLOB = 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const KEY = `ssh-ed25519 ${BLOB}`;

describe('a file of SSH keys', () => {
  it('a public key is read with its comment, and an allowed signer with its principals', () => {
    const text = `# people\n\n${KEY} dave on his laptop\ndave@example.test,*@example.org ${KEY}\n`;
    expect(readListedSshKeys(text)).toEqual([
      { key: KEY, principals: [], comment: 'dave on his laptop' },
      { key: KEY, principals: ['dave@example.test', '*@example.org'], comment: '' },
    ]);
  });

  it('dates of a line are read as UTC, and the namespace git is allowed', () => {
    const options = 'namespaces="file,git",valid-after="20240131",valid-before="20250131120000Z"';
    expect(readListedSshKeys(`d@x.test ${options} ${KEY}`)).toEqual([
      {
        ...{ key: KEY, principals: ['d@x.test'], comment: '' },
        ...{ from: 1706659200, until: 1738324800 },
      },
    ]);
  });

  it.each([
    ['a comment', `# d@x.test ${KEY}`],
    ['a certificate authority', `d@x.test cert-authority ${KEY}`],
    ['another namespace', `d@x.test namespaces="file" ${KEY}`],
    ['a date that is none', `d@x.test valid-before="20251399" ${KEY}`],
    ['an unknown option', `d@x.test verify-required ${KEY}`],
    ['a key of another type than it says', `d@x.test ssh-rsa ${BLOB}`],
    ['a certificate', `d@x.test ssh-ed25519-cert-v01@openssh.com ${BLOB}`],
    ['a key that is cut off', `d@x.test ssh-ed25519`],
    ['a secret key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  ])('%s gives no key', (_, line) => {
    expect(readListedSshKeys(line)).toEqual([]);
  });
});
