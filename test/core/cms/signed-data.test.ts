/** The nearest accepted neighbours of test/vectors/bad, and the hostile sizes that no file should hold. */

import { describe, expect, it } from 'vitest';
import { concat, concatAll, equal } from '../../../src/core/bytes.ts';
import {
  CmsOid,
  readArmor,
  readSignedData,
  writeArmor,
} from '../../../src/core/cms/signed-data.ts';
import { openObject, splitSignedObject } from '../../../src/core/git/signed-object.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import {
  armorOf,
  attribute,
  type Key,
  type Message,
  openVector,
  replaceAttribute,
  resign,
  signedByStranger,
  signedBytes,
} from '../../support/cms-edit.ts';
import {
  clone,
  context,
  type Der,
  integer,
  kid,
  kids,
  literal,
  nothing,
  octets,
  oid,
  parse,
  seq,
  sort,
  write,
} from '../../support/der-edit.ts';
import { contextOf, vector, vectors } from '../../support/gitsign-vectors.ts';
import { armor, bytes, EMPTY_TREE } from '../../support/odd-objects.ts';

const COMMIT = 'offline/01-plain.commit';
const { payload, signature } = vector(COMMIT);
const judging = contextOf();
const judge = (armored: string, content = payload): Promise<Verdict> =>
  verifyDetached(content, bytes(armored), judging);
const good = Buffer.from(signature).toString('latin1');

/** As far as the CMS goes nothing is wrong: only the log has never seen it. */
const UNLOGGED = { status: 'undecided', check: 'log', code: 'log-entry-absent' };

type Edit = (message: Message, key: Key) => void;

async function strangerWith(edit: Edit): Promise<Verdict> {
  const { message, key } = signedByStranger();
  edit(message, key);
  resign(message, key);
  return judge(armorOf(message));
}

function edited(edit: (message: Message) => void): string {
  const message = openVector(COMMIT);
  edit(message);
  return armorOf(message);
}

/** One NULL inside that many SEQUENCEs, written from the inside out. */
function nested(depth: number): Der {
  const headers: Uint8Array[] = [];
  let size = 2;
  for (let at = 0; at < depth; at += 1) {
    const octets = [size >> 16, (size >> 8) & 0xff, size & 0xff];
    while (octets[0] === 0) octets.shift();
    headers.push(
      Uint8Array.of(0x30, ...(size < 0x80 ? octets : [0x80 | octets.length, ...octets])),
    );
    size += headers.at(-1)!.length;
  }
  return literal(concatAll([...headers.reverse(), write(nothing())]));
}

describe('a message signed by a stranger passes the CMS layer', () => {
  const timeOf = (tag: number, text: string): Der =>
    attribute(CmsOid.signingTime, { tag, content: bytes(text) });
  const edits: readonly (readonly [string, Edit])[] = [
    ['unchanged', () => undefined],
    [
      'without a signing time (C03)',
      ({ signedAttrs }) => replaceAttribute(signedAttrs, CmsOid.signingTime),
    ],
    [
      'with a signing time of its own choice (C03)',
      ({ signedAttrs }) =>
        replaceAttribute(signedAttrs, CmsOid.signingTime, timeOf(0x18, '19990101000000Z')),
    ],
    [
      'with an attribute more (C03)',
      ({ signedAttrs }) => {
        kids(signedAttrs).push(attribute('1.2.3.4', nothing()));
        sort(signedAttrs);
      },
    ],
    [
      'with sixteen certificates (C06)',
      ({ certificates }) => {
        const { certificate } = openVector('offline/03-bob.commit');
        kids(certificates).push(...Array.from({ length: 15 }, () => clone(certificate)));
      },
    ],
    [
      'with NULL as the digest’s parameters (C08)',
      ({ digestAlgorithms, signerInfo }) => {
        kids(kid(digestAlgorithms, 0)).push(nothing());
        kids(kid(signerInfo, 2)).push(nothing());
      },
    ],
  ];

  it.each(edits)('%s', async (_, edit) => {
    expect(await strangerWith(edit)).toMatchObject(UNLOGGED);
  });

  it('a signature with the other s of ECDSA passes the CMS layer (C09)', async () => {
    const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const mirrored = (message: Message) => {
      const [r, s] = kids(parse(message.signature.content as Uint8Array));
      const hex = (
        N - BigInt(`0x${Buffer.from(s!.content as Uint8Array).toString('hex')}`)
      ).toString(16);
      // whole bytes and no more: one in 256 begins with a zero
      const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
      const minimal = digits[0]! >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
      message.signature.content = write(seq(r!, { tag: 2, content: minimal }));
    };
    const { message } = signedByStranger();
    mirrored(message);
    expect(await judge(armorOf(message))).toMatchObject(UNLOGGED);
    // the log holds the value that was made: of two right ones it vouches for one
    expect(await judge(edited(mirrored))).toMatchObject({
      status: 'refused',
      code: 'log-entry-mismatch',
    });
  });
});

describe('the other routes into a message (C02, C14)', () => {
  it('signed attributes replayed as content are refused (C02)', async () => {
    const { message } = signedByStranger();
    const attributes = signedBytes(message);
    kids(message.signerInfo).splice(3, 1);
    const verdict = await judge(armorOf(message), attributes);
    expect(verdict).toMatchObject({ status: 'refused', check: 'cms', code: 'cms-unsupported' });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['the content', payload],
    ['something else', bytes('x')],
  ])('attached content with %s as payload is refused in the same way (C14)', async (_, offered) => {
    const attached = edited(({ encapsulated }) =>
      kids(encapsulated).push(context(0, octets(payload))),
    );
    expect(await judge(attached, offered)).toMatchObject({
      status: 'refused',
      check: 'cms',
      code: 'cms-unsupported',
    });
  });

  it('a detached signature is refused for another payload (C01)', async () => {
    expect(await judge(good)).toMatchObject({ status: 'verified' });
    for (const other of [
      new Uint8Array(),
      concat(payload, bytes('\n')),
      payload.subarray(1),
      vector('offline/03-bob.commit').payload,
    ])
      expect(await judge(good, other)).toMatchObject({
        status: 'refused',
        code: 'content-digest-differs',
      });
  });
});

describe('the signer is the certificate that the signer identifier names (C06)', () => {
  it.each(['unshift', 'push'] as const)(
    'other certificates in the message do not change the signer: %s',
    async (how) => {
      const { certificate } = openVector('offline/03-bob.commit');
      const verdict = await judge(
        edited(({ certificates }) => kids(certificates)[how](certificate)),
      );
      expect(verdict).toMatchObject({
        status: 'verified',
        signer: { value: 'alice@example.test' },
      });
    },
  );

  it('a refused signature claims the signer, not another certificate in the message', async () => {
    const { certificate } = openVector('offline/03-bob.commit');
    const changed = edited(({ certificates }) => kids(certificates).unshift(certificate));
    const verdict = await judge(changed, bytes('other'));
    expect(verdict).toMatchObject({
      status: 'refused',
      claimedSigner: { value: 'alice@example.test' },
    });
  });
});

describe('unsigned parts of a message (C12)', () => {
  const plus = (...extra: Der[]): string =>
    edited(({ unsignedAttrs }) => {
      kids(unsignedAttrs!).push(...extra);
      sort(unsignedAttrs!);
    });

  it.each([
    ['an unknown attribute', plus(attribute('1.2.3.4', octets(bytes('x'))))],
    ['an unknown attribute without values', plus(attribute('1.2.3.4'))],
    [
      'thirty-one unknown attributes',
      plus(...Array.from({ length: 31 }, (_, at) => attribute(`1.2.3.${at}`, nothing()))),
    ],
    ['an unknown attribute of 150 kB', plus(attribute('1.2.3.4', octets(new Uint8Array(150_000))))],
    ['a neighbour of Sigstore’s arc', plus(attribute('1.3.6.1.4.1.57264.30.1', nothing()))],
  ])('an unsigned part is ignored: %s', async (_, armored) => {
    expect(await judge(armored)).toMatchObject({
      status: 'verified',
      signer: { value: 'alice@example.test' },
    });
  });

  it('a message over 256 KiB is refused unread', async () => {
    const armored = plus(attribute('1.2.3.4', octets(new Uint8Array(260_000))));
    expect(await judge(armored)).toMatchObject({ status: 'refused', code: 'armor-malformed' });
  });
});

describe('hostile sizes end in a refusal (I05, I07, R18)', () => {
  const deep = nested(40_000);

  it('an element forty thousand levels deep is refused, or never read (I07)', async () => {
    const armored = edited(({ unsignedAttrs }) => {
      kids(unsignedAttrs!).push(attribute('1.2.3.4', deep));
      sort(unsignedAttrs!);
    });
    expect(await judge(armored)).toMatchObject({ status: 'verified' });
  });

  it.each<readonly [string, (message: Message) => void]>([
    ['the message', ({ root }) => kids(root).splice(1, 1, context(0, deep))],
    ['the content', ({ encapsulated }) => kids(encapsulated).push(context(0, deep))],
    [
      'the signer',
      ({ signerInfos }) => {
        signerInfos.content = [deep];
      },
    ],
    [
      'a certificate',
      ({ certificates }) => {
        certificates.content = [deep];
      },
    ],
    [
      'a signed attribute',
      ({ signedAttrs }) => {
        signedAttrs.content = [deep];
      },
    ],
    [
      'the log entry',
      ({ unsignedAttrs }) => {
        kid(unsignedAttrs!, 0, 1).content = [deep];
      },
    ],
    [
      'the signature',
      ({ signature: value }) => {
        value.content = write(deep);
      },
    ],
  ])('an element forty thousand deep in place of %s (I07)', async (_, edit) => {
    expect((await judge(edited(edit))).status).not.toBe('verified');
  });

  it.each<readonly [string, (message: Message) => void]>([
    [
      'signers',
      ({ signerInfos, signerInfo }) => {
        signerInfos.content = Array.from({ length: 65 }, () => clone(signerInfo));
      },
    ],
    [
      'digest algorithms',
      ({ digestAlgorithms }) => {
        digestAlgorithms.content = Array.from({ length: 65 }, (_, at) => seq(oid(`1.2.${at}`)));
      },
    ],
    [
      'signed attributes',
      ({ signedAttrs }) => {
        signedAttrs.content = Array.from({ length: 5000 }, (_, at) =>
          attribute(`1.2.${at}`, integer(1)),
        );
        sort(signedAttrs);
      },
    ],
    [
      'values',
      ({ signedAttrs }) => {
        kid(signedAttrs, 0, 1).content = Array.from({ length: 5000 }, nothing);
      },
    ],
  ])('thousands of %s (R18)', async (_, edit) => {
    expect(await judge(edited(edit))).toMatchObject({ status: 'refused' });
  });

  it('a quarter of a mebibyte of blank lines in the armor (I05)', async () => {
    for (const tail of ['', 'x', '\n-----END SIGNED MESSAGE-----\n', '\r', '=']) {
      const armored = `-----BEGIN SIGNED MESSAGE-----\n${'\n'.repeat(255 * 1024)}${tail}`;
      expect(await judge(armored)).toMatchObject({ status: 'refused', code: 'armor-malformed' });
    }
  });

  it('a quarter of a mebibyte of base64 that ends badly (I05)', async () => {
    const armored = armor(`${'A'.repeat(255 * 1024)}!`);
    expect(await judge(armored)).toMatchObject({ status: 'refused', code: 'armor-malformed' });
  });

  it('a signature over 256 KiB, of line ends alone (R18)', async () => {
    expect(await judge(good + '\n'.repeat(256 * 1024))).toMatchObject({
      status: 'refused',
      code: 'armor-malformed',
    });
    expect(await judge(good + '\n'.repeat(200 * 1024))).toMatchObject({ status: 'verified' });
  });

  it('a commit of four hundred thousand header and signature lines (R18)', () => {
    const person = 'A <a@example.test> 1 +0000';
    const top = `tree ${EMPTY_TREE.sha1}\nauthor ${person}\ncommitter ${person}\n`;
    const few = `x-a 1\n${' y\n'.repeat(60_000)}gpgsig z\n\nm\n`;
    expect(splitSignedObject('commit', bytes(`${top}${few}`), 'sha1')).toBeDefined();
    for (const lines of [
      `${'x-a 1\n'.repeat(400_000)}gpgsig z\n`,
      `gpgsig x\n${' y\n'.repeat(400_000)}`,
    ]) {
      expect(() => openObject('commit', bytes(`${top}${lines}\nm\n`), 'sha1')).toThrow(
        expect.objectContaining({ code: 'object-malformed' }),
      );
    }
  });
});

describe('every part that is read is a view of the bytes', () => {
  it.each(
    vectors.filter(({ expected }) => expected === 'valid').map((one) => [one.file, one] as const),
  )('%s (C04, C15)', (_, one) => {
    const der = readArmor(one.signature);
    const { signer } = readSignedData(der);
    const { certificate, signature } = signer;
    expect(signature.buffer).toBe(der.buffer);
    // a certificate may be one that was read before, if it has these bytes
    for (const part of [certificate.tbs, certificate.spki, certificate.signature])
      expect(part.buffer).toBe(certificate.der.buffer);
    for (const part of [certificate.der, signer.signedAttrs.subarray(1)])
      expect(Buffer.from(der).includes(Buffer.from(part))).toBe(true);
    expect(equal(readArmor(bytes(writeArmor(der))), der)).toBe(true);
  });
});
