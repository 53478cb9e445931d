import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assembleSignedData } from '../../../src/core/cms/assemble.ts';
import {
  contextConstructed,
  cursor,
  expectDer,
  expect as expectNode,
  Tag,
} from '../../../src/core/cms/der.ts';
import {
  buildSignedAttributes,
  readSignedAttributes,
} from '../../../src/core/cms/signed-attributes.ts';
import {
  CmsOid,
  readArmor,
  readSignedData,
  singleValue,
  writeArmor,
} from '../../../src/core/cms/signed-data.ts';
import { splitSignedObject } from '../../../src/core/git/signed-object.ts';

const VECTORS = new URL('../../vectors/gitsign/', import.meta.url);

const signatures = ['offline', 'online', 'tsa', 'tags', 'rekor2', 'sha256', 'legacy'].flatMap(
  (folder) =>
    readdirSync(new URL(folder, VECTORS))
      .filter((name) => /\.(commit|tag)$/.test(name))
      .map((name) => {
        const raw = readFileSync(new URL(`${folder}/${name}`, VECTORS));
        const type = name.endsWith('.tag') ? 'tag' : 'commit';
        const split = splitSignedObject(type, raw, folder === 'sha256' ? 'sha256' : 'sha1');
        return { name: `${folder}/${name}`, armor: split!.signature };
      }),
);

function takeApart(armor: Uint8Array) {
  const { signer } = readSignedData(readArmor(armor));
  const entry = singleValue(signer.unsignedAttrs, CmsOid.transparencyLogEntry);
  return {
    certificateDer: signer.certificate.der,
    signedAttrs: signer.signedAttrs,
    signature: signer.signature,
    logEntry: entry && expectNode(entry, Tag.octetString).content,
    timestampToken: singleValue(signer.unsignedAttrs, CmsOid.timeStampToken)?.raw,
  };
}

describe('assembleSignedData', () => {
  it.each(signatures)('the signature of $name is written again byte for byte', ({ armor }) => {
    const again = writeArmor(assembleSignedData(takeApart(armor)));
    expect(again).toBe(Buffer.from(armor).toString('latin1').replace(/\n*$/, '\n'));
  });

  it('the samples hold every kind of signature that gitsign makes', () => {
    const kinds = signatures.map(({ armor }) => {
      const { logEntry, timestampToken } = takeApart(armor);
      return `${logEntry ? 'entry' : ''}+${timestampToken ? 'token' : ''}`;
    });
    expect(new Set(kinds)).toEqual(new Set(['entry+', '+', 'entry+token', '+token']));
  });

  it('a signature with one other part has other bytes', () => {
    const parts = takeApart(signatures[0]!.armor);
    const other = Uint8Array.from(parts.signature);
    other[10]! ^= 1;
    expect(assembleSignedData({ ...parts, signature: other })).not.toEqual(
      assembleSignedData(parts),
    );
  });
});

describe('buildSignedAttributes', () => {
  it.each(signatures)(
    'the signed attributes of $name are built again byte for byte',
    ({ armor }) => {
      const { signedAttrs } = takeApart(armor);
      const { signingTime, messageDigest } = readSignedAttributes(signedAttrs);
      const built = buildSignedAttributes({ signingTime: signingTime!, messageDigest });
      expect(Buffer.from(built)).toEqual(Buffer.from(signedAttrs));
      expect(expectDer(built, Tag.set).content.length).toBe(0x69);
    },
  );

  it('the signed attributes stand as [0] in the SignerInfo', () => {
    const { signedAttrs } = takeApart(signatures[0]!.armor);
    const der = readArmor(signatures[0]!.armor);
    const implicit = Uint8Array.of(contextConstructed(0), ...signedAttrs.subarray(1));
    expect(Buffer.from(der).includes(Buffer.from(implicit))).toBe(true);
    expect(cursor(expectDer(signedAttrs, Tag.set), 3)).toBeDefined();
  });
});
