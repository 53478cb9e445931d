/** A signed push as it stands on the wire (gitprotocol-pack(5)), made from a certificate that was sent before. */

import { createHash } from 'node:crypto';

function packet(line: Uint8Array | string): Buffer {
  const body = Buffer.from(line);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

/** A pack without objects. */
function emptyPack(): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  return Buffer.concat([head, createHash('sha1').update(head).digest()]);
}

/** The body of the request that `git push --signed` would send with this certificate. */
export function pushRequest(certificate: Buffer): Buffer {
  const lines = certificate.toString('latin1').split(/(?<=\n)/);
  return Buffer.concat([
    packet('push-cert\0 report-status side-band-64k agent=test\n'),
    ...lines.map((line) => packet(Buffer.from(line, 'latin1'))),
    packet('push-cert-end\n'),
    Buffer.from('0000'),
    emptyPack(),
  ]);
}

/** What the server says in its answer to such a request: the text of the side band. */
export function sayingsOf(answer: Buffer): string {
  let said = '';
  for (let at = 0; at < answer.length; ) {
    const size = Number.parseInt(answer.subarray(at, at + 4).toString('latin1'), 16);
    if (answer[at + 4] === 2 && size > 5) said += answer.subarray(at + 5, at + size).toString();
    at += Math.max(4, size);
  }
  return said;
}
