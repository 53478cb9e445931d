/** Faults of content and signed attributes: threats C01 to C04. */

import { concat } from '../../../src/core/bytes.ts';
import { CmsOid } from '../../../src/core/cms/signed-data.ts';
import {
  armorOf,
  attribute,
  attributeAt,
  digestOf,
  replaceAttribute,
  resign,
  sha256,
  signedByStranger,
} from '../cms-edit.ts';
import { clone, context, kid, kids, octets, oid, sort, write } from '../der-edit.ts';
import { vector } from '../gitsign-vectors.ts';
import { bytes } from '../odd-objects.ts';
import { BASE, changedAfter, type Recipe, recipe, signedAfter, withArmor } from './recipe.ts';

const { payload } = vector(BASE);
const { contentType, messageDigest, signingTime } = CmsOid;
const utcTime = (text: string) => ({ tag: 0x17, content: bytes(text) });

export const contentRecipes: readonly Recipe[] = [
  changedAfter('C01-attached-this-payload', 'cms-unsupported', ({ encapsulated }) => {
    kids(encapsulated).push(context(0, octets(payload)));
  }),
  signedAfter('C01-attached-other-payload', 'cms-unsupported', ({ encapsulated, signedAttrs }) => {
    const other = bytes('tree of another commit\n');
    kids(encapsulated).push(context(0, octets(other)));
    replaceAttribute(signedAttrs, messageDigest, attribute(messageDigest, digestOf(other)));
  }),
  changedAfter('C01-attached-empty', 'cms-unsupported', ({ encapsulated }) => {
    kids(encapsulated).push(context(0, octets(new Uint8Array())));
  }),
  changedAfter('C01-attached-constructed', 'cms-malformed', ({ encapsulated }) => {
    kids(encapsulated).push(context(0, { tag: 0x24, content: [octets(payload)] }));
  }),
  changedAfter('C01-attached-twice', 'cms-malformed', ({ encapsulated }) => {
    kids(encapsulated).push(context(0, octets(payload)), context(0, octets(payload)));
  }),
  recipe('C02-no-attributes', 'cms', 'cms-unsupported', () => {
    const { message, key } = signedByStranger();
    resign(message, key, 'sha256', payload);
    kids(message.signerInfo).splice(3, 1);
    return withArmor(armorOf(message));
  }),
  signedAfter(
    'C03-attributes-empty',
    'cms-malformed',
    ({ signedAttrs }) => {
      signedAttrs.content = [];
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-other',
    'cms-unsupported',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, contentType, attribute(contentType, oid(CmsOid.tstInfo)));
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-missing',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, contentType);
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-repeated',
    'cms-malformed',
    ({ signedAttrs }) => {
      kids(signedAttrs).push(attribute(contentType, oid(CmsOid.tstInfo)));
      sort(signedAttrs);
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-multi-valued',
    'cms-malformed',
    ({ signedAttrs }) => {
      const both = attribute(contentType, oid(CmsOid.data), oid(CmsOid.signedData));
      replaceAttribute(signedAttrs, contentType, both);
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-valueless',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, contentType, attribute(contentType));
    },
    'content',
  ),
  signedAfter(
    'C03-content-type-no-oid',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, contentType, attribute(contentType, octets(bytes('data'))));
    },
    'content',
  ),
  signedAfter(
    'C03-digest-missing',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, messageDigest);
    },
    'content',
  ),
  signedAfter(
    'C03-digest-of-something-else',
    'content-digest-differs',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, messageDigest, attribute(messageDigest, digestOf(bytes('x'))));
    },
    'content',
  ),
  ...[0, 1, 31, 33, 64].map((size) =>
    signedAfter(
      `C03-digest-of-${size}-octets`,
      'content-digest-differs',
      ({ signedAttrs }) => {
        const value = concat(sha256(payload), new Uint8Array(32)).subarray(0, size);
        replaceAttribute(signedAttrs, messageDigest, attribute(messageDigest, octets(value)));
      },
      'content',
    ),
  ),
  signedAfter(
    'C03-digest-repeated',
    'cms-malformed',
    ({ signedAttrs }) => {
      kids(signedAttrs).push(attribute(messageDigest, digestOf(bytes('x'))));
      sort(signedAttrs);
    },
    'content',
  ),
  signedAfter(
    'C03-digest-multi-valued',
    'cms-malformed',
    ({ signedAttrs }) => {
      const both = attribute(messageDigest, digestOf(payload), digestOf(bytes('x')));
      sort(kid(both, 1));
      replaceAttribute(signedAttrs, messageDigest, both);
    },
    'content',
  ),
  signedAfter(
    'C03-digest-no-octet-string',
    'cms-malformed',
    ({ signedAttrs }) => {
      const value = { tag: 0x0c, content: sha256(payload) };
      replaceAttribute(signedAttrs, messageDigest, attribute(messageDigest, value));
    },
    'content',
  ),
  signedAfter(
    'C03-digest-constructed',
    'cms-malformed',
    ({ signedAttrs }) => {
      const value = { tag: 0x24, content: [digestOf(payload)] };
      replaceAttribute(signedAttrs, messageDigest, attribute(messageDigest, value));
    },
    'content',
  ),
  signedAfter(
    'C03-time-repeated',
    'cms-malformed',
    ({ signedAttrs }) => {
      kids(signedAttrs).push(attribute(signingTime, utcTime('261121000000Z')));
      sort(signedAttrs);
    },
    'content',
  ),
  signedAfter(
    'C03-time-of-no-day',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(signedAttrs, signingTime, attribute(signingTime, utcTime('261131000000Z')));
    },
    'content',
  ),
  signedAfter(
    'C03-time-with-zone',
    'cms-malformed',
    ({ signedAttrs }) => {
      replaceAttribute(
        signedAttrs,
        signingTime,
        attribute(signingTime, utcTime('2611210000+0100')),
      );
    },
    'content',
  ),
  signedAfter(
    'C04-attributes-unsorted',
    'cms-malformed',
    ({ signedAttrs }) => {
      kids(signedAttrs).reverse();
    },
    'content',
  ),
  recipe('C04-attributes-unsorted-signed-sorted', 'content', 'cms-malformed', () => {
    const { message } = signedByStranger();
    kids(message.signedAttrs).reverse();
    return withArmor(armorOf(message));
  }),
  recipe('C04-attributes-of-odd-length-signed-tidied', 'cms', 'cms-malformed', () => {
    const { message } = signedByStranger();
    const tidy = write(message.signedAttrs);
    message.signedAttrs.literal = concat(
      Uint8Array.of(0xa0, 0x81, tidy.length - 2),
      tidy.subarray(2),
    );
    return withArmor(armorOf(message));
  }),
  recipe('C04-signed-under-the-implicit-tag', 'signature', 'signature-invalid', () => {
    const { message, key } = signedByStranger();
    resign(message, key, 'sha256', write(message.signedAttrs));
    return withArmor(armorOf(message));
  }),
  recipe('C04-attribute-twice', 'content', 'cms-malformed', () => {
    const { message, key } = signedByStranger();
    const at = attributeAt(message.signedAttrs, signingTime);
    kids(message.signedAttrs).splice(at, 0, clone(kid(message.signedAttrs, at)));
    resign(message, key);
    return withArmor(armorOf(message));
  }),
];
