/**
 * Our reading of CMS against `openssl cms -verify` and pkijs, for every sample good and bad: what we accept both accept; what
 * they accept and we refuse stands below by name, with why. Only the message is judged here, neither log nor path.
 */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readArmor } from '../../src/core/cms/signed-data.ts';
import { type ObjectType, splitSignedObject } from '../../src/core/git/signed-object.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { type CmsSample, openssl, pkijs } from '../support/cms-oracles.ts';
import { contextOf, vectors } from '../support/gitsign-vectors.ts';

const BAD = new URL('../vectors/bad/', import.meta.url);

type Explained = Readonly<Record<string, readonly string[]>>;

const BOTH: Explained = {
  'content in the message is taken for the content (L1)': [
    'C01-attached-this-payload',
    'C01-attached-constructed',
  ],
  'signed attributes are not required (L2)': ['C02-no-attributes'],
  'the content type attribute is not compared, or not read (L3)': [
    'C03-content-type-other',
    'C03-content-type-no-oid',
  ],
  'the signing time is not read': ['C03-time-of-no-day', 'C03-time-with-zone'],
  'a SET OF may be in any order and hold the same twice (X.690 §11.6)': [
    'C12-entry-same-twice',
    'C04-attributes-unsorted',
    'C12-attributes-unsorted',
  ],
  'one good signer is enough, or every good one (L4)': ['C05-signer-twice'],
  'the first certificate that fits the signer identifier is taken': [
    'C06-signer-certificate-twice',
    'C07-issuer-and-serial-twice',
  ],
  'any number of certificates, attributes and values is read': [
    'C06-seventeen-certificates',
    'C10-certificate-over-32-KiB',
    'C12-thirty-three-attributes',
    'C12-thirty-three-values',
  ],
  'versions are not compared with what they announce': [
    'C11-version-0',
    'C11-version-2',
    'C11-version-3',
    'C11-version-4',
    'C11-version-5',
    'C11-version-negative',
    'C11-signer-version-0',
    'C11-signer-version-2',
    'C11-signer-version-3',
  ],
  'parameters of algorithms are passed over': [
    'C08-digest-with-odd-parameters',
    'C08-signature-ecdsa-with-null',
  ],
  'the signature algorithm is taken from the key': ['C08-signature-rsa-sha256'],
  'the list of digest algorithms is not held against the signer': ['C08-digest-list-of-two'],
  'other curves and RSA are theirs to accept, not gitsign’s to write': [
    'C08-key-P-384',
    'C08-key-P-521',
    'C08-key-rsa',
  ],
  'BER is read (L7)': [
    'C10-indefinite-length',
    'C10-indefinite-length-inside',
    'C10-long-length',
    'C10-long-length-inside',
    'C10-bytes-behind',
    'C10-high-tag',
  ],
  'the content type is any object identifier': [
    'C10-oid-arc-over-32-bits',
    'C10-oid-arc-over-64-bits',
    'C10-oid-over-64-octets',
  ],
};

const PKIJS: Explained = {
  'content in the message replaces the content that was given (L1)': [
    'C01-attached-other-payload',
    'C01-attached-twice',
  ],
  'attributes are searched for the first that fits, values for the first one (L3)': [
    'C03-content-type-repeated',
    'C03-content-type-multi-valued',
    'C03-content-type-valueless',
    'C03-digest-no-octet-string',
    'C03-time-repeated',
    'C04-attribute-twice',
  ],
  'only the signer of the index asked for is looked at (L4)': ['C05-good-signer-first-of-two'],
  'the list of digest algorithms is not read': [
    'C08-digest-list-says-another',
    'C08-digest-list-empty',
  ],
  'ECDSA values are read as BER, bytes behind them passed over (L7)': [
    'C09-r-not-minimal',
    'C09-bytes-behind',
    'C09-long-length',
    'C09-indefinite-length',
  ],
  'elements that the schema does not name are passed over (L7)': [
    'C07-sid-of-three-parts',
    'C10-element-behind-the-signers',
    'C10-element-behind-the-content',
    'C10-two-contents',
  ],
  'the content type outside is for the caller to compare': ['C11-enveloped-data', 'C11-data'],
  'the content type inside may be no object identifier': ['C10-oid-arc-padded', 'C10-oid-empty'],
};

const OPENSSL: Explained = {
  'the signature algorithm is taken from the key': [
    'C08-signature-ecdsa-sha1',
    'C08-signature-ecdsa-sha384',
    'C08-signature-ecdsa-without-digest',
    'C08-signature-ed25519',
    'C08-signature-unknown',
  ],
  'compressed and hybrid points are read': ['C08-key-compressed', 'C08-key-hybrid'],
  'empty content counts as none': ['C01-attached-empty'],
  'what is signed is written again before it is hashed (C04)': [
    'C04-attributes-of-odd-length-signed-tidied',
  ],
  'attribute certificates may stand in the bag': ['C06-bag-holds-no-certificate'],
  'content of any type may be detached': [
    'C11-content-type-of-timestamps',
    'C11-timestamp-instead-of-data',
  ],
};

interface Sample extends CmsSample {
  readonly name: string;
  readonly signature: Uint8Array;
}

function badSamples(): readonly Sample[] {
  const rows = JSON.parse(readFileSync(new URL('manifest.json', BAD), 'utf8')) as {
    file: string;
  }[];
  // the armor's own faults are no CMS
  return rows
    .filter(({ file }) => !file.startsWith('C13'))
    .map(({ file }) => {
      const type: ObjectType = file.endsWith('.tag') ? 'tag' : 'commit';
      const split = splitSignedObject(type, readFileSync(new URL(file, BAD)), 'sha1')!;
      return { name: file.replace(/_fail.*/, ''), der: readArmor(split.signature), ...split };
    });
}

const samples: readonly Sample[] = [
  ...vectors.map((one) => ({ ...one, name: one.file, der: readArmor(one.signature) })),
  ...badSamples(),
];

/** No fault found in the message itself. */
async function ours({ payload, signature }: Sample): Promise<boolean> {
  const verdict = await verifyDetached(payload, signature, contextOf());
  return (
    !('check' in verdict) || !['object', 'cms', 'content', 'signature'].includes(verdict.check)
  );
}

const names = (...explained: readonly Explained[]): readonly string[] =>
  explained.flatMap((one) => Object.values(one).flat()).toSorted();

describe('CMS, as we and others read it', () => {
  let accepted: readonly boolean[];
  beforeAll(async () => {
    accepted = await Promise.all(samples.map(ours));
  });
  const namesWhere = (chosen: (at: number) => boolean): readonly string[] =>
    samples
      .filter((_, at) => chosen(at))
      .map(({ name }) => name)
      .toSorted();

  it('pkijs accepts what this program accepts, and only the named differences (L1 L2 L3 L4 L7)', async () => {
    const theirs = await Promise.all(samples.map(pkijs));
    expect(namesWhere((at) => accepted[at]! && !theirs[at])).toEqual([]);
    expect(namesWhere((at) => !accepted[at] && theirs[at]!)).toEqual(names(BOTH, PKIJS));
  });

  it('openssl accepts what we accept, and nothing else that does not stand here by name', ({
    skip,
  }) => {
    const theirs = openssl(samples);
    if (theirs === undefined) return skip('no openssl on this machine');
    expect(namesWhere((at) => accepted[at]! && !theirs[at])).toEqual([]);
    const explained = names(BOTH, OPENSSL);
    // other versions of openssl may be stricter than the one these names are from
    const surprises = namesWhere((at) => !accepted[at] && theirs[at]!).filter(
      (name) => !explained.includes(name),
    );
    expect(surprises).toEqual([]);
  });
});
