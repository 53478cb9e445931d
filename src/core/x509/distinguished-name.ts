/** Shows names of issuers (RFC 4514, in the order of the certificate). They decide nothing. */

import { fromUtf8Lossy, latin1, toHex } from '../bytes.ts';
import { children, expectDer, readOid, Tag } from '../cms/der.ts';

const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

/** Returns e.g. `O=sigstore.dev, CN=sigstore-intermediate`. Raw text, so escape it. @throws DerError */
export function nameText(der: Uint8Array): string {
  const parts = children(expectDer(der, Tag.sequence)).flatMap((set) =>
    children(set).map((pair) => {
      const [type, value] = children(pair);
      const oid = type === undefined ? '?' : readOid(type);
      if (value === undefined) return oid;
      const plain = value.tag === Tag.utf8String ? fromUtf8Lossy : latin1;
      const known = [Tag.utf8String, Tag.printableString, Tag.ia5String] as readonly number[];
      const text = known.includes(value.tag) ? plain(value.content) : `#${toHex(value.raw)}`;
      return `${SHORT[oid] ?? oid}=${text.replace(/[,+"\\<>;=]/g, '\\$&')}`;
    }),
  );
  return parts.join(', ');
}
