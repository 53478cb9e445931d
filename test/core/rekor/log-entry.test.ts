import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/core/bytes.ts';
import { Tag } from '../../../src/core/cms/der.ts';
import {
  logEntryFromRekorV1,
  logEntryFromRekorV2,
  logEntryToJson,
} from '../../../src/core/rekor/log-answer.ts';
import {
  decodeLogEntry,
  encodeLogEntry,
  type TransparencyLogEntry,
} from '../../../src/core/rekor/log-entry.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import { attribute } from '../../support/forge/cms.ts';
import { encode } from '../../support/forge/der.ts';
import {
  codeOf,
  forge,
  type Json,
  judge,
  type Overrides,
  onlineEntry,
} from '../../support/forge.ts';

const ENTRY = '1.3.6.1.4.1.57264.3.1';
const flip = (bytes: Uint8Array, at = 0): Uint8Array => bytes.with(at, bytes[at]! ^ 1);
const entry = forge().entry!;

/** One field in protobuf's wire format, whatever it says. */
function field(number: number, value: Uint8Array | bigint): Uint8Array {
  const varint = (n: bigint): number[] =>
    n < 128n ? [Number(n)] : [Number(n & 127n) | 128, ...varint(n >> 7n)];
  return typeof value === 'bigint'
    ? Uint8Array.from([...varint(BigInt(number * 8)), ...varint(BigInt.asUintN(64, value))])
    : concat(
        Uint8Array.from([...varint(BigInt(number * 8 + 2)), ...varint(BigInt(value.length))]),
        value,
      );
}
const refusalOf = (act: () => unknown): string => {
  try {
    act();
    return 'read';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};
const labelled = (change: Partial<TransparencyLogEntry>): Overrides => ({
  entry: (base) => ({ ...base, ...change }),
});

describe('the entry is about this signature (R01)', () => {
  const other = forge({ payload: utf8('tree 0\n\nother\n') });
  const otherCertificate = forge({ leaf: (leaf) => ({ ...leaf, serial: Uint8Array.of(0x77) }) });
  it.each([
    ['another digest', { logged: (record) => ({ ...record, digest: other.record.digest }) }],
    [
      'a digest changed by a bit',
      { logged: (record) => ({ ...record, digest: flip(record.digest) }) },
    ],
    [
      'another signature by the same key',
      { logged: (record) => ({ ...record, signature: other.record.signature }) },
    ],
    [
      'another certificate for the same key',
      { logged: (record) => ({ ...record, certificateDer: otherCertificate.leaf }) },
    ],
    [
      'the CA\u2019s certificate',
      { logged: (record) => ({ ...record, certificateDer: forge().chain[0]! }) },
    ],
    ['everything of another signature', { logged: () => other.record }],
  ] satisfies [string, Overrides][])('an entry of %s is refused (R01)', async (_, overrides) => {
    expect(await codeOf(overrides)).toBe('log-entry-mismatch');
    expect(await codeOf({ ...overrides, log: 'v2', tokens: [{}] })).toBe('log-entry-mismatch');
  });

  it('a stored body that differs from the rebuilt one is refused (R01)', async () => {
    const { body } = forge();
    const stored = (bytes: Uint8Array): Overrides => ({
      entryBytes: (base) => concat(base, field(7, bytes)),
    });
    expect(await codeOf(stored(body))).toBe('verified');
    expect(await codeOf(stored(other.body))).toBe('log-entry-mismatch');
    expect(await codeOf(stored(utf8('{}')))).toBe('log-entry-mismatch');
    expect(await codeOf(stored(new Uint8Array()))).toBe('log-entry-mismatch');
  });

  it.each([{}, { ignoreSct: true }])(
    'another signature’s genuine entry is refused for its time, %o (R12)',
    async (mode) => {
      expect(await codeOf({ entry: () => other.entry }, mode)).toBe('log-entry-mismatch');
      expect(await codeOf({ entry: () => other.entry, tokens: [{}] }, mode)).toBe(
        'log-entry-mismatch',
      );
    },
  );
});

describe('labels do not switch checks off (R07)', () => {
  const cases: readonly [string, Overrides, string][] = [
    ['v1 relabelled as v2', labelled({ version: '0.0.2' }), 'log-entry-mismatch'],
    [
      'v1 relabelled, without time and promise',
      {
        entry: ({ inclusionPromise: _, ...base }) => ({
          ...base,
          version: '0.0.2',
          integratedTime: 0n,
          logIndex: 4n,
        }),
        tokens: [{}],
      },
      'log-entry-mismatch',
    ],
    [
      'proof stripped and relabelled',
      { entry: ({ inclusionProof: _, ...base }) => ({ ...base, version: '0.0.2' }) },
      'inclusion-proof-invalid',
    ],
    [
      'proof stripped',
      { entry: ({ inclusionProof: _, ...base }) => base },
      'inclusion-proof-invalid',
    ],
    [
      'a promise made up for v2',
      {
        log: 'v2',
        entry: (base) => ({
          ...base,
          integratedTime: entry.integratedTime,
          inclusionPromise: entry.inclusionPromise!,
        }),
      },
      'inclusion-promise-invalid',
    ],
    [
      'a time made up for v2',
      {
        log: 'v2',
        tokens: [{}],
        entry: (base) => ({ ...base, integratedTime: entry.integratedTime }),
      },
      'inclusion-promise-invalid',
    ],
    [
      'a global index made up for v2',
      { log: 'v2', tokens: [{}], entry: (base) => ({ ...base, logIndex: 1_000_004n }) },
      'log-entry-malformed',
    ],
  ];
  it.each(cases)(
    'an entry whose parts were exchanged is refused: %s (R07)',
    async (_, overrides, code) => {
      expect(await codeOf(overrides)).toBe(code);
    },
  );

  it('a v2 entry stands under either label: gitsign stores 0.0.1 for what was logged as 0.0.2 (R07)', async () => {
    expect(await codeOf({ log: 'v2', tokens: [{}] })).toBe('verified');
    expect(await codeOf({ log: 'v2', tokens: [{}], ...labelled({ version: '0.0.2' }) })).toBe(
      'verified',
    );
  });
});

describe('unknown kinds cannot be checked here (R16)', () => {
  it.each([
    ['rekord', '0.0.1'],
    ['dsse', '0.0.1'],
    ['hashedrekord', '0.0.3'],
    ['hashedrekord', '1'],
    ['hashedrekord', ''],
    ['', ''],
    ['HashedRekord', '0.0.1'],
    ['__proto__', '0.0.1'],
  ])('kind %j version %j (R16)', async (kind, version) => {
    expect(await judge(labelled({ kind, version }))).toMatchObject({
      status: 'undecided',
      code: 'log-entry-unsupported',
    });
  });

  it('an empty message, empty parts and odd attribute values have a defined answer (R16)', async () => {
    expect(await codeOf({ entryBytes: () => new Uint8Array() })).toBe('log-entry-malformed');
    expect(await codeOf({ entryBytes: () => field(3, new Uint8Array()) })).toBe(
      'log-entry-malformed',
    );
    const odd = (value: Uint8Array): Overrides => ({ unsigned: () => [attribute(ENTRY, value)] });
    expect(await codeOf(odd(encode(Tag.utf8String, utf8('entry'))))).toBe('log-entry-unsupported');
    expect(await codeOf(odd(encode(Tag.sequence)))).toBe('log-entry-unsupported');
    const early: Overrides = {
      unsigned: (list) => [
        ...list,
        attribute('1.3.6.1.4.1.57264.3.2', encode(Tag.integer, Uint8Array.of(1))),
      ],
    };
    expect(await judge(early)).toMatchObject({
      status: 'undecided',
      code: 'log-entry-unsupported',
    });
  });
});

describe('one entry, once (R08)', () => {
  const twice = (first: Uint8Array, second: Uint8Array): Overrides => ({
    unsigned: ([own]) =>
      [
        own!,
        attribute(ENTRY, encode(Tag.octetString, first), encode(Tag.octetString, second)),
      ].slice(1),
  });
  const bytes = encodeLogEntry(entry);
  it('copies of one entry, and two entries, are refused (R08)', async () => {
    expect(await codeOf(twice(bytes, bytes))).toBe('cms-malformed');
    expect(await codeOf(twice(bytes, flip(bytes, 9)))).toBe('cms-malformed');
    // as two attributes; byte-equal attributes are not even DER
    expect(
      await codeOf({
        unsigned: ([own]) => [own!, attribute(ENTRY, encode(Tag.octetString, bytes))],
      }),
    ).toBe('cms-malformed');
    expect(await codeOf({ unsigned: ([own]) => [own!, own!] })).toBe('cms-malformed');
    expect(await codeOf({ unsigned: () => [attribute(ENTRY)] })).toBe('cms-malformed');
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'field %i of the message is refused if it stands twice (R08)',
    (number) => {
      const again = number === 1 || number === 4 ? field(number, 5n) : field(number, utf8('x'));
      expect(refusalOf(() => decodeLogEntry(concat(bytes, again)))).toBe('log-entry-malformed');
    },
  );

  it('a log entry with a field of an unknown number is refused (R08)', () => {
    expect(refusalOf(() => decodeLogEntry(concat(bytes, field(8, utf8('x')))))).toBe(
      'log-entry-malformed',
    );
    expect(refusalOf(() => decodeLogEntry(concat(bytes, field(0, 1n))))).toBe(
      'log-entry-malformed',
    );
  });
});

describe('numbers (R09)', () => {
  it.each([-1n, -(1n << 63n), 1n << 63n])(
    'the number %i is refused as any count of an entry (R09)',
    async (value) => {
      for (const number of [1, 4]) {
        const overrides: Overrides = {
          entry: (base) => ({
            ...base,
            ...(number === 1 ? { logIndex: 0n } : { integratedTime: 0n }),
          }),
          entryBytes: (base) => concat(base, field(number, value)),
        };
        expect(await codeOf(overrides)).toBe('log-entry-malformed');
      }
      const proof = concat(
        field(1, value),
        field(2, new Uint8Array(32)),
        field(3, 1n),
        field(5, field(1, utf8('x'))),
      );
      expect(
        refusalOf(() =>
          decodeLogEntry(
            concat(
              encodeLogEntry({ ...entry, inclusionProof: undefined as never }),
              field(6, proof),
            ),
          ),
        ),
      ).toBe('log-entry-malformed');
    },
  );

  it('varints that are long, padded or cut are refused (R09)', () => {
    for (const bytes of [
      [0x08, 0x80, 0x00],
      [0x08, ...Array<number>(10).fill(0xff), 0x01],
      [0x08, 0xff],
      [0x80],
      [0x0d, 0, 0, 0, 0],
      [0x12, 0x7f, 1],
    ]) {
      expect(refusalOf(() => decodeLogEntry(Uint8Array.from(bytes)))).toBe('log-entry-malformed');
    }
  });

  it('the largest counts are exact (R09)', () => {
    const logIndex = (1n << 63n) - 1n;
    expect(decodeLogEntry(encodeLogEntry({ ...entry, logIndex })).logIndex).toBe(logIndex);
  });

  it('a time beyond any calendar is the future, not a crash (R05)', async () => {
    const time = Number.MAX_SAFE_INTEGER;
    expect(await codeOf({ time })).toBe('time-in-future');
  });
});

/** What Rekor v1 answers for an entry. */
function answerV1(found: TransparencyLogEntry): Json {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const proof = found.inclusionProof!;
  return {
    body: Buffer.from(found.canonicalizedBody!).toString('base64'),
    integratedTime: Number(found.integratedTime),
    logID: hex(found.logId),
    logIndex: Number(found.logIndex),
    verification: {
      inclusionProof: {
        checkpoint: proof.checkpoint,
        hashes: proof.hashes.map(hex),
        logIndex: Number(proof.logIndex),
        rootHash: hex(proof.rootHash),
        treeSize: Number(proof.treeSize),
      },
      signedEntryTimestamp: Buffer.from(found.inclusionPromise!).toString('base64'),
    },
  };
}

describe('answers in JSON (R19)', () => {
  const online = forge({ entry: () => undefined });
  const found = onlineEntry(online);
  const judged = async (read: TransparencyLogEntry): Promise<string> => {
    const verdict = await verifyDetached(online.payload, online.signature, online.context, read);
    return verdict.status === 'verified' ? 'verified' : verdict.code;
  };

  it('an answer read is the entry that was written, in both forms (R19)', async () => {
    expect(await judged(logEntryFromRekorV1(answerV1(found)))).toBe('verified');
    expect(await judged(logEntryFromRekorV2(logEntryToJson(found, found.canonicalizedBody!)))).toBe(
      'verified',
    );
  });

  const numbers = [
    -1,
    1.5,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '-1',
    '01',
    '1e3',
    '0x1',
    '',
    ' 1',
    '99999999999999999999',
    true,
    null,
    [],
    {},
    undefined,
  ];
  it.each(['integratedTime', 'logIndex'])(
    'a %s that is no exact count is refused (R09, R19)',
    (name) => {
      for (const value of numbers) {
        expect(refusalOf(() => logEntryFromRekorV1({ ...answerV1(found), [name]: value }))).toBe(
          'log-entry-malformed',
        );
      }
    },
  );
  it.each(['logIndex', 'treeSize'])(
    'a proof whose %s is no exact count is refused (R09, R19)',
    (name) => {
      for (const value of numbers) {
        const answer = answerV1(found);
        answer.verification.inclusionProof[name] = value;
        expect(refusalOf(() => logEntryFromRekorV1(answer))).toBe('log-entry-malformed');
      }
    },
  );

  it('a count beyond 2^53 written as text is exact (R19)', () => {
    const answer: Json = logEntryToJson(found, found.canonicalizedBody!);
    expect(logEntryFromRekorV2({ ...answer, logIndex: '9007199254740993' }).logIndex).toBe(
      9007199254740993n,
    );
  });

  it('null in a v2 answer means absent, in every field (T10)', () => {
    const answer: Json = logEntryToJson(found, found.canonicalizedBody!);
    const outcomeOf = (json: Json): unknown => {
      try {
        return logEntryFromRekorV2(json);
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const key of [...Object.keys(answer), 'unknown']) {
      const { [key]: _, ...without } = answer;
      expect(outcomeOf({ ...answer, [key]: null }), key).toEqual(outcomeOf(without));
    }
    expect(outcomeOf({ ...answer, integratedTime: null })).toMatchObject({ integratedTime: 0n });
  });

  it('a number cannot come from a prototype, nor set one (R19)', () => {
    const text = JSON.stringify(answerV1(found)).replace('"logIndex"', '"__proto__"');
    expect(refusalOf(() => logEntryFromRekorV1(JSON.parse(text)))).toBe('log-entry-malformed');
    const polluted = JSON.parse(
      '{"__proto__":{"logIndex":1,"kindVersion":{"kind":"x","version":"y"}}}',
    );
    expect(refusalOf(() => logEntryFromRekorV1(polluted))).toBe('log-entry-malformed');
    expect(refusalOf(() => logEntryFromRekorV2(polluted))).toBe('log-entry-malformed');
    expect(refusalOf(() => logEntryFromRekorV1(Object.create(answerV1(found))))).toBe(
      'log-entry-malformed',
    );
    expect(({} as Json).logIndex).toBeUndefined();
  });

  it('the last of duplicate keys is read, and judged by what the log signed (R19)', async () => {
    const text = JSON.stringify(answerV1(found)).replace(
      '"integratedTime":',
      '"integratedTime":1,"integratedTime":',
    );
    expect(await judged(logEntryFromRekorV1(JSON.parse(text)))).toBe('verified');
    const later = JSON.stringify(answerV1(found)).replace(
      ',"logID"',
      ',"integratedTime":1800000001,"logID"',
    );
    expect(await judged(logEntryFromRekorV1(JSON.parse(later)))).toBe('inclusion-promise-invalid');
  });

  it('the body counts byte for byte: a spelling of the same JSON is another body (R19)', async () => {
    const spaced = utf8(
      JSON.stringify(JSON.parse(Buffer.from(found.canonicalizedBody!).toString()), null, 1),
    );
    expect(await judged({ ...found, canonicalizedBody: spaced })).toBe('log-entry-mismatch');
    const doubled = utf8(
      Buffer.from(found.canonicalizedBody!)
        .toString()
        .replace('{"apiVersion"', '{"kind":"x","apiVersion"'),
    );
    expect(await judged({ ...found, canonicalizedBody: doubled })).toBe('log-entry-mismatch');
  });

  it('a text that is no answer of the log is refused (R19)', () => {
    for (const value of [
      null,
      undefined,
      1,
      'x',
      [],
      [answerV1(found)],
      {},
      { ...answerV1(found), body: '*' },
      { ...answerV1(found), body: 'e30=' },
      { ...answerV1(found), logID: 'xyz' },
      { ...answerV1(found), verification: null },
    ]) {
      expect(refusalOf(() => logEntryFromRekorV1(value))).toBe('log-entry-malformed');
      expect(refusalOf(() => logEntryFromRekorV2(value))).toBe('log-entry-malformed');
    }
  });

  it('no JSON does anything but read or refuse (I05)', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const value: unknown = JSON.parse(text);
        return [logEntryFromRekorV1, logEntryFromRekorV2].every((read) =>
          ['read', 'log-entry-malformed'].includes(refusalOf(() => read(value))),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('volume (R18)', () => {
  it('an entry over 64 KiB, or with more parts than any proof has, is refused (R18)', () => {
    expect(refusalOf(() => decodeLogEntry(new Uint8Array(64 * 1024 + 1)))).toBe(
      'log-entry-malformed',
    );
    const proof = concat(...Array.from({ length: 200 }, () => field(4, new Uint8Array(32))));
    const bytes = concat(
      encodeLogEntry({ ...entry, inclusionProof: undefined as never }),
      field(6, proof),
    );
    expect(refusalOf(() => decodeLogEntry(bytes))).toBe('log-entry-malformed');
    const answer = answerV1(onlineEntry(forge({ entry: () => undefined })));
    answer.verification.inclusionProof.hashes = Array.from({ length: 65 }, () => '00'.repeat(32));
    expect(refusalOf(() => logEntryFromRekorV1(answer))).toBe('log-entry-malformed');
  });

  it('no bytes do anything but read or refuse, and what is read is written back (I05)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) =>
        ['read', 'log-entry-malformed'].includes(refusalOf(() => decodeLogEntry(bytes))),
      ),
      { numRuns: 500 },
    );
    expect(decodeLogEntry(encodeLogEntry(entry))).toEqual(entry);
  });
});
