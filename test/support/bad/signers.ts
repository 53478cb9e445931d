/** Faults of signers, their certificates and the message’s type: threats C05 to C07 and C11. */

import { concat } from '../../../src/core/bytes.ts';
import { CmsOid } from '../../../src/core/cms/signed-data.ts';
import { attribute, freshKey, openVector, rekey, replaceAttribute, sha256 } from '../cms-edit.ts';
import { clone, context, integer, kid, kids, literal, octets, oid, seq } from '../der-edit.ts';
import { bytes } from '../odd-objects.ts';
import { changedAfter, type Recipe, signedAfter } from './recipe.ts';

const { contentType } = CmsOid;

export const signerRecipes: readonly Recipe[] = [
  changedAfter('C05-no-signer', 'signer-ambiguous', ({ signerInfos }) => {
    signerInfos.content = [];
  }),
  changedAfter('C05-signer-twice', 'signer-ambiguous', ({ signerInfos, signerInfo }) => {
    kids(signerInfos).push(clone(signerInfo));
  }),
  ...(['first', 'last'] as const).map((place) =>
    changedAfter(
      `C05-good-signer-${place}-of-two`,
      'signer-ambiguous',
      ({ signerInfos, certificates }) => {
        const other = openVector('offline/03-bob.commit');
        kids(certificates).push(other.certificate);
        kids(signerInfos)[place === 'first' ? 'push' : 'unshift'](other.signerInfo);
      },
    ),
  ),
  changedAfter(
    'C06-signer-certificate-twice',
    'signer-ambiguous',
    ({ certificates, certificate }) => {
      kids(certificates).push(clone(certificate));
    },
  ),
  changedAfter('C06-seventeen-certificates', 'cms-malformed', ({ certificates }) => {
    const bob = openVector('offline/03-bob.commit').certificate;
    kids(certificates).push(...Array.from({ length: 16 }, () => clone(bob)));
  }),
  changedAfter('C06-no-certificate', 'signer-ambiguous', ({ certificates }) => {
    certificates.content = [];
  }),
  changedAfter('C06-no-bag', 'signer-ambiguous', ({ signedData }) => {
    kids(signedData).splice(3, 1);
  }),
  changedAfter('C06-bag-holds-no-certificate', 'cms-malformed', ({ certificates }) => {
    kids(certificates).push(context(2, octets(new Uint8Array(8))));
  }),
  changedAfter('C06-revocation-list', 'cms-unsupported', ({ signedData }) => {
    kids(signedData).splice(4, 0, context(1, seq()));
  }),
  changedAfter(
    'C07-issuer-and-serial-twice',
    'signer-ambiguous',
    ({ certificates, certificate }) => {
      const twin = clone(certificate);
      rekey(twin, freshKey());
      kids(certificates).push(twin);
    },
  ),
  changedAfter('C07-other-serial', 'signer-ambiguous', ({ signerInfo }) => {
    kids(kid(signerInfo, 1))[1] = integer(7);
  }),
  changedAfter('C07-other-issuer', 'signer-ambiguous', ({ signerInfo }) => {
    kids(kid(signerInfo, 1))[0] = seq();
  }),
  changedAfter('C07-serial-not-minimal', 'cms-malformed', ({ signerInfo }) => {
    const serial = kid(signerInfo, 1, 1);
    serial.content = concat(Uint8Array.of(0), serial.content as Uint8Array);
  }),
  changedAfter('C07-sid-of-three-parts', 'cms-malformed', ({ signerInfo }) => {
    kids(kid(signerInfo, 1)).push(integer(1));
  }),
  changedAfter('C07-key-identifier', 'cms-unsupported', ({ signerInfo }) => {
    const parts = kids(signerInfo);
    parts[0] = integer(3);
    parts[1] = { tag: 0x80, content: sha256(bytes('key')).subarray(0, 20) };
  }),
  changedAfter('C07-key-identifier-under-version-1', 'cms-malformed', ({ signerInfo }) => {
    kids(signerInfo)[1] = { tag: 0x80, content: sha256(bytes('key')).subarray(0, 20) };
  }),
  changedAfter('C11-content-type-of-timestamps', 'cms-unsupported', ({ encapsulated }) => {
    kids(encapsulated)[0] = oid(CmsOid.tstInfo);
  }),
  signedAfter(
    'C11-timestamp-instead-of-data',
    'cms-unsupported',
    ({ signedData, encapsulated, signedAttrs }) => {
      kids(signedData)[0] = integer(3);
      kids(encapsulated)[0] = oid(CmsOid.tstInfo);
      replaceAttribute(signedAttrs, contentType, attribute(contentType, oid(CmsOid.tstInfo)));
    },
  ),
  changedAfter('C11-enveloped-data', 'cms-unsupported', ({ root }) => {
    kids(root)[0] = oid('1.2.840.113549.1.7.3');
  }),
  changedAfter('C11-data', 'cms-unsupported', ({ root }) => {
    kids(root)[0] = oid(CmsOid.data);
  }),
  ...[0, 2, 3, 4, 5].map((version) =>
    changedAfter(`C11-version-${version}`, 'cms-unsupported', ({ signedData }) => {
      kids(signedData)[0] = integer(version);
    }),
  ),
  ...[0, 2, 3].map((version) =>
    changedAfter(`C11-signer-version-${version}`, 'cms-unsupported', ({ signerInfo }) => {
      kids(signerInfo)[0] = integer(version);
    }),
  ),
  changedAfter('C11-version-negative', 'cms-malformed', ({ signedData }) => {
    kids(signedData)[0] = literal(Uint8Array.of(2, 1, 0xff));
  }),
];
