import { describe, expect, it } from 'vitest';
import {
  joinSignature,
  type ObjectFormat,
  objectId,
  payloadType,
  signatureKind,
  splitSignedObject,
  subjectLine,
} from '../../../src/core/git/signed-object.ts';
import { verifyDetached, verifyObject } from '../../../src/core/verify.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { contextOf, vector, vectors } from '../../support/gitsign-vectors.ts';
import { armor, bytes, EMPTY_TREE, header, oddObjects } from '../../support/odd-objects.ts';

const TREE = `tree ${EMPTY_TREE.sha1}\n`;
const PEOPLE = 'author A <a@example.test> 1 +0000\ncommitter A <a@example.test> 1 +0000\n';
const TOP = TREE + PEOPLE;
const A = armor('QQ==');
const B = armor('Qg==');
const text = (part: Uint8Array | undefined): string => Buffer.from(part ?? []).toString('latin1');

type Row = readonly [name: string, raw: string, payload: string, signature: string];

const commits: readonly Row[] = [
  [
    'a CR stays where it is (G03)',
    `${TOP}x-a 1\r\n${header('gpgsig', A)}\nm\r\n`,
    `${TOP}x-a 1\r\n\nm\r\n`,
    A,
  ],
  [
    'a missing final newline stays missing (G04)',
    `${TOP}${header('gpgsig', A)}\nm`,
    `${TOP}\nm`,
    A,
  ],
  [
    'NUL in the message is a byte like another (G04)',
    `${TOP}${header('gpgsig', A)}\n\0\n`,
    `${TOP}\n\0\n`,
    A,
  ],
  [
    'one space is cut, not more (G05)',
    `${TOP}gpgsig ${A.replace('\nQQ==\n', '\n   QQ==\n ')}\nm\n`,
    `${TOP}\nm\n`,
    A.replace('\nQQ', '\n  QQ'),
  ],
  [
    'a mergetag keeps its signature (G05)',
    `${TOP}${header('mergetag', `object x\n\nm\n${B}`)}${header('gpgsig', A)}\nm\n`,
    `${TOP}${header('mergetag', `object x\n\nm\n${B}`)}\nm\n`,
    A,
  ],
  ['armor in the message is text (G06)', `${TOP}${header('gpgsig', A)}\n${B}`, `${TOP}\n${B}`, A],
  [
    'the other algorithm’s signature is not covered (G12)',
    `${TOP}${header('gpgsig-sha256', B)}${header('gpgsig', A)}\nm\n`,
    `${TOP}\nm\n`,
    A,
  ],
];

const TAG = `object ${EMPTY_TREE.sha1}\ntype tree\ntag v1\ntagger A <a@example.test> 1 +0000\n`;

const tags: readonly Row[] = [
  ['the last armor counts (G06)', `${TAG}\nsee\n${B}\n${A}`, `${TAG}\nsee\n${B}\n`, A],
  [
    'what stands behind belongs to the signature (G06)',
    `${TAG}\nm\n${A}ps\n`,
    `${TAG}\nm\n`,
    `${A}ps\n`,
  ],
  [
    'armor not at a line start is text (G06)',
    `${TAG}\nm ${B.replaceAll('\n', '')}\n${A}`,
    `${TAG}\nm ${B.replaceAll('\n', '')}\n`,
    A,
  ],
  [
    'a header signature is cut from the payload (G05)',
    `${TAG}${header('gpgsig-sha256', B)}\nm\n${A}`,
    `${TAG}\nm\n`,
    A,
  ],
  [
    'PGP last hides X.509 before (G09)',
    `${TAG}\nm\n${A}${B.replaceAll('SIGNED MESSAGE', 'PGP SIGNATURE')}`,
    `${TAG}\nm\n${A}`,
    B.replaceAll('SIGNED MESSAGE', 'PGP SIGNATURE'),
  ],
];

describe('splitSignedObject', () => {
  it.each(commits)('%s', (_, raw, payload, signature) => {
    const split = splitSignedObject('commit', bytes(raw), 'sha1');
    expect({ payload: text(split?.payload), signature: text(split?.signature) }).toEqual({
      payload,
      signature,
    });
  });

  it.each(tags)('%s', (_, raw, payload, signature) => {
    const split = splitSignedObject('tag', bytes(raw), 'sha1');
    expect({ payload: text(split?.payload), signature: text(split?.signature) }).toEqual({
      payload,
      signature,
    });
  });

  it('the header of the other algorithm is no signature (G12)', () => {
    const split = (name: string, format: ObjectFormat) =>
      splitSignedObject(
        'commit',
        bytes(`tree ${EMPTY_TREE[format]}\n${PEOPLE}${header(name, A)}\nm\n`),
        format,
      );
    expect(split('gpgsig', 'sha256')).toBeUndefined();
    expect(split('gpgsig-sha256', 'sha1')).toBeUndefined();
    expect(split('gpgsig-sha256', 'sha256')).toBeDefined();
  });

  it('payload and signature together are no longer than the object (G04)', () => {
    for (const { name, type, raw } of oddObjects('sha1')) {
      const split = splitSignedObject(type, raw, 'sha1');
      const size = (split?.payload.length ?? 0) + (split?.signature.length ?? 0);
      expect(size, name).toBeLessThanOrEqual(raw.length);
    }
  });
});

describe('verifyObject, before any signature is read', () => {
  const signed = vector('offline/01-plain.commit');
  const context = contextOf();

  it('a commit rewritten without its signature is unsigned (G13)', async () => {
    const stripped = splitSignedObject('commit', signed.raw, 'sha1')!.payload;
    for (const raw of [stripped, bytes(`${TOP}\nm\n`)]) {
      const id = objectId(nodeCrypto, 'commit', raw, 'sha1');
      const verdict = await verifyObject({ type: 'commit', id, raw, format: 'sha1' }, context);
      expect(verdict).toMatchObject({ status: 'unsigned', check: 'object', code: 'unsigned' });
    }
  });

  it('an object with another hash than the requested one is refused (G10, G12)', async () => {
    const other = vector('offline/03-bob.commit');
    const verdict = await verifyObject(
      { type: 'commit', id: other.id, raw: signed.raw, format: 'sha1' },
      context,
    );
    expect(verdict).toMatchObject({ status: 'refused', code: 'object-id-mismatch' });
    const asTag = await verifyObject({ ...signed, type: 'tag' }, context);
    expect(asTag).toMatchObject({ status: 'refused', code: 'object-id-mismatch' });
  });

  it('an object of the other hash algorithm is refused (G12)', async () => {
    for (const [name, format] of [
      ['offline/01-plain.commit', 'sha256'],
      ['sha256/01-offline.commit', 'sha1'],
    ] as const) {
      const { raw } = vector(name);
      const id = objectId(nodeCrypto, 'commit', raw, format);
      const verdict = await verifyObject({ type: 'commit', id, raw, format }, context);
      expect(verdict).toMatchObject({ status: 'refused', code: 'object-malformed' });
    }
  });

  it.each([
    [
      'PGP',
      '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n',
      'signature-kind-unsupported',
      'undecided',
    ],
    [
      'PGP message',
      '-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n',
      'signature-kind-unsupported',
      'undecided',
    ],
    [
      'SSH',
      '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n',
      'signature-kind-unsupported',
      'undecided',
    ],
    [
      'PKCS #7 armor',
      '-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n',
      'signature-kind-unsupported',
      'undecided',
    ],
    ['junk before the armor', `junk\n${A}`, 'signature-kind-unsupported', 'undecided'],
    ['a blank line before the armor', `\n${A}`, 'signature-kind-unsupported', 'undecided'],
    [
      'a byte-order mark before the armor',
      `\xef\xbb\xbf${A}`,
      'signature-kind-unsupported',
      'undecided',
    ],
    ['nothing at all', '', 'signature-kind-unsupported', 'undecided'],
    ['X.509 armor around nothing that is CMS', A, 'cms-malformed', 'refused'],
  ])('%s (G09)', async (_, signature, code, status) => {
    const verdict = await verifyDetached(bytes(`${TOP}\nm\n`), bytes(signature), context);
    expect(verdict).toMatchObject({ status, code });
  });

  it('good and bad signatures in one object, in any combination, are never good (G02)', async () => {
    const good = text(splitSignedObject('commit', signed.raw, 'sha1')!.signature);
    const payload = text(splitSignedObject('commit', signed.raw, 'sha1')!.payload);
    const blank = payload.indexOf('\n\n') + 1;
    const built = (...parts: string[]) =>
      bytes(payload.slice(0, blank) + parts.join('') + payload.slice(blank));
    const [g, b] = [header('gpgsig', good), header('gpgsig', A)];
    const check = async (raw: Uint8Array) => {
      const id = objectId(nodeCrypto, 'commit', raw, 'sha1');
      return (await verifyObject({ type: 'commit', id, raw, format: 'sha1' }, context)).status;
    };
    expect(await check(built(g))).toBe('verified');
    for (const raw of [
      built(g, b),
      built(b, g),
      built(g, g),
      built(g, 'x-a 1\n', g),
      built(header('gpgsig', good + A)),
      built(header('gpgsig', A + good)),
      built(header('gpgsig', good + good)),
    ]) {
      expect(await check(raw)).toBe('refused');
    }
  });

  it('a second tree, parent, author or committer is refused (G01)', async () => {
    const raw = text(signed.raw);
    const tree = /^tree .*\n/m.exec(raw)![0];
    const author = /^author .*\n/m.exec(raw)![0];
    const committer = /^committer .*\n/m.exec(raw)![0];
    const evil = `tree ${EMPTY_TREE.sha1}\n`;
    const twins = [
      raw.replace(author, `parent ${'0'.repeat(40)}\n${author}`),
      evil + raw,
      raw.replace(tree, tree + evil),
      raw.replace(author, `${author}author M <m@example.test> 1 +0000\n`),
      raw.replace(committer, `${committer}committer M <m@example.test> 1 +0000\n`),
      raw.replace('\ngpgsig', `\n${evil}gpgsig`),
      raw.replace(tree, `${tree}\r\n`),
    ];
    for (const [index, twin] of twins.entries()) {
      const id = objectId(nodeCrypto, 'commit', bytes(twin), 'sha1');
      const verdict = await verifyObject(
        { type: 'commit', id, raw: bytes(twin), format: 'sha1' },
        context,
      );
      expect(verdict, twin.slice(0, 120)).toMatchObject({
        status: 'refused',
        code: index === 0 ? 'content-digest-differs' : 'object-malformed',
      });
    }
  });
});

describe('messages', () => {
  it('a message that is not UTF-8 is shown, and never encoded again (G11)', () => {
    expect(subjectLine(bytes(`${TOP}\nsubject \xff\n`))).toBe('subject \ufffd');
  });

  it('a message without a line end, or no message, is read (G04)', () => {
    expect(subjectLine(bytes(TOP))).toBe('');
    expect(subjectLine(bytes(`${TOP}\nm`))).toBe('m');
    expect(subjectLine(bytes(''))).toBe('');
  });
});

describe('names', () => {
  it.each(vectors.map((one) => [one.file, one] as const))(
    'the name of %s is the hash of its bytes (G12)',
    (_, one) => {
      expect(objectId(nodeCrypto, one.type, one.raw, one.format)).toBe(one.id);
    },
  );

  it.each(vectors.filter(({ format }) => format === 'sha1').map((one) => [one.file, one] as const))(
    '%s has its own name again after it is split and joined as gitsign does (G12)',
    (_, { type, raw, id }) => {
      const split = splitSignedObject(type, raw, 'sha1')!;
      const again = joinSignature(
        split.payload,
        split.signature,
        type === 'tag' ? 'body' : 'gpgsig',
      );
      expect(objectId(nodeCrypto, type, again, 'sha1')).toBe(id);
    },
  );

  it('the first header of a payload decides its type (G09)', () => {
    expect(payloadType(bytes(`${TOP}\n`))).toBe('commit');
    expect(payloadType(bytes(TAG))).toBe('tag');
    for (const other of ['', 'tree', 'Tree x\n', ' tree x\n', 'blob\n', '\ntree x\n'])
      expect(payloadType(bytes(other))).toBeUndefined();
  });

  it('the whole first line of an armor decides the kind of a signature (G09)', () => {
    expect(signatureKind(bytes(A))).toBe('x509');
    expect(signatureKind(bytes(`xx${A}`), 2)).toBe('x509');
    expect(signatureKind(bytes(A.slice(0, 29)))).toBe('unknown');
    expect(signatureKind(bytes(A.toLowerCase()))).toBe('unknown');
  });
});
