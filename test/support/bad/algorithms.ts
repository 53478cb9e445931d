/** Faults of algorithms and keys: threat C08. */

import { generateKeyPairSync } from 'node:crypto';
import {
  armorOf,
  asKey,
  freshKey,
  type Message,
  rekey,
  resign,
  signedByStranger,
} from '../cms-edit.ts';
import { clone, type Der, integer, kid, kids, nothing, oid, seq } from '../der-edit.ts';
import { changedAfter, type Recipe, recipe, signedAfter, withArmor } from './recipe.ts';

const SHA = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

function digests(message: Message, algorithm: Der): void {
  message.digestAlgorithms.content = [clone(algorithm)];
  kids(message.signerInfo)[2] = clone(algorithm);
}

export const algorithmRecipes: readonly Recipe[] = [
  ...Object.entries(SHA).map(([name, id]) =>
    signedAfter(`C08-digest-${name}`, 'cms-unsupported', (message) =>
      digests(message, seq(oid(id))),
    ),
  ),
  signedAfter('C08-digest-with-odd-parameters', 'cms-unsupported', (message) =>
    digests(message, seq(oid('2.16.840.1.101.3.4.2.1'), integer(1))),
  ),
  changedAfter('C08-digest-list-says-another', 'cms-unsupported', ({ digestAlgorithms }) => {
    digestAlgorithms.content = [seq(oid(SHA.sha512))];
  }),
  changedAfter('C08-digest-list-empty', 'cms-unsupported', ({ digestAlgorithms }) => {
    digestAlgorithms.content = [];
  }),
  changedAfter('C08-digest-list-of-two', 'cms-unsupported', ({ digestAlgorithms }) => {
    kids(digestAlgorithms).push(seq(oid(SHA.sha512)));
  }),
  ...Object.entries({
    'ecdsa-sha1': seq(oid('1.2.840.10045.4.1')),
    'ecdsa-sha384': seq(oid('1.2.840.10045.4.3.3')),
    'ecdsa-without-digest': seq(oid('1.2.840.10045.2.1')),
    'ecdsa-with-null': seq(oid('1.2.840.10045.4.3.2'), nothing()),
    'rsa-sha256': seq(oid('1.2.840.113549.1.1.11'), nothing()),
    ed25519: seq(oid('1.3.101.112')),
    unknown: seq(oid('1.2.3.4')),
  }).map(([name, algorithm]) =>
    changedAfter(`C08-signature-${name}`, 'cms-unsupported', ({ signerInfo }) => {
      kids(signerInfo)[4] = algorithm;
    }),
  ),
  ...(['P-384', 'P-521'] as const).map((curve) =>
    recipe(`C08-key-${curve}`, 'cms', 'cms-unsupported', () => {
      const { message } = signedByStranger();
      const key = freshKey(curve);
      rekey(message.certificate, key);
      resign(message, key);
      return withArmor(armorOf(message));
    }),
  ),
  recipe('C08-key-rsa', 'cms', 'cms-unsupported', () => {
    const { message } = signedByStranger();
    const key = asKey(generateKeyPairSync('rsa', { modulusLength: 2048 }));
    rekey(message.certificate, key);
    kids(message.signerInfo)[4] = seq(oid('1.2.840.113549.1.1.11'), nothing());
    resign(message, key);
    return withArmor(armorOf(message));
  }),
  recipe('C08-key-ed25519', 'cms', 'cms-unsupported', () => {
    const { message } = signedByStranger();
    const key = asKey(generateKeyPairSync('ed25519'));
    rekey(message.certificate, key);
    kids(message.signerInfo)[4] = seq(oid('1.3.101.112'));
    resign(message, key, null);
    return withArmor(armorOf(message));
  }),
  recipe('C08-key-compressed', 'cms', 'cms-unsupported', () => {
    const { message, key } = signedByStranger();
    const point = kid(message.certificate, 0, 6, 1);
    const [, ...xy] = point.content.slice(1) as Uint8Array;
    point.content = Uint8Array.of(0, 2 + ((xy.at(-1) ?? 0) & 1), ...xy.slice(0, 32));
    resign(message, key);
    return withArmor(armorOf(message));
  }),
  recipe('C08-key-hybrid', 'cms', 'cms-unsupported', () => {
    const { message, key } = signedByStranger();
    const point = Uint8Array.from(kid(message.certificate, 0, 6, 1).content as Uint8Array);
    point[1] = 6 + ((point.at(-1) ?? 0) & 1);
    kid(message.certificate, 0, 6, 1).content = point;
    resign(message, key);
    return withArmor(armorOf(message));
  }),
  recipe('C08-key-off-its-curve', 'signature', 'signature-invalid', () => {
    const { message, key } = signedByStranger();
    const point = kid(message.certificate, 0, 6, 1).content as Uint8Array;
    kid(message.certificate, 0, 6, 1).content = Uint8Array.from(point, (octet, at) =>
      at === 40 ? octet ^ 1 : octet,
    );
    resign(message, key);
    return withArmor(armorOf(message));
  }),
];
