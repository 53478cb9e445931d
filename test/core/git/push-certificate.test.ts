import { describe, expect, it } from 'vitest';
import { type Random, randomAt } from '../../../scripts/fuzz-parts/random.ts';
import { readHeader } from '../../../src/core/git/header.ts';
import { payloadKind } from '../../../src/core/git/payload-kind.ts';
import {
  MAX_CERTIFICATE,
  type PushCertificate,
  pushCertificateOf,
  readPushCertificate,
} from '../../../src/core/git/push-certificate.ts';
import { checkPayload } from '../../../src/core/git/signable.ts';
import { openPayload, payloadType } from '../../../src/core/git/signed-object.ts';
import { committerMismatch } from '../../../src/core/policy/committer.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import { contextOf, vector } from '../../support/gitsign-vectors.ts';
import { bytes } from '../../support/odd-objects.ts';

const ZERO = '0'.repeat(40);
const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);
const ALICE = 'Alice <alice@example.test> 1700000000 +0000';
const TOP = `certificate version 0.1\npusher ${ALICE}\n`;
const UPDATE = `${ZERO} ${ONE} refs/heads/main\n`;
const FULL = `${TOP}pushee https://git.example.test/x.git\nnonce 1700000000-abcdef\npush-option ci.skip\npush-option \n\n${UPDATE}${TWO} ${ZERO} refs/tags/v1\n`;
const COMMIT = `tree ${ONE}\nauthor ${ALICE}\ncommitter ${ALICE}\n\nm\n`;
const TAG = `object ${ONE}\ntype commit\ntag v1\ntagger ${ALICE}\n\nm\n`;

/** Writes a certificate as git does, from what was read. */
function written({ pusher, pushee, nonce, options, updates }: PushCertificate): string {
  return [
    'certificate version 0.1',
    `pusher ${Buffer.from(pusher).toString()}`,
    ...(pushee === undefined ? [] : [`pushee ${pushee}`]),
    ...(nonce === undefined ? [] : [`nonce ${nonce}`]),
    ...options.map((option) => `push-option ${option}`),
    '',
    ...updates.map(({ old, new: fresh, ref }) => `${old} ${fresh} ${ref}`),
    '',
  ].join('\n');
}

const isRefused = (read: () => unknown): boolean => {
  try {
    read();
    return false;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'object-malformed') return true;
    throw error;
  }
};

describe('a push certificate', () => {
  it('is read as git writes it, with every part and with the fewest', () => {
    expect(readPushCertificate(bytes(FULL))).toMatchObject({
      type: 'push',
      pushee: 'https://git.example.test/x.git',
      nonce: '1700000000-abcdef',
      options: ['ci.skip', ''],
      updates: [
        { old: ZERO, new: ONE, ref: 'refs/heads/main' },
        { old: TWO, new: ZERO, ref: 'refs/tags/v1' },
      ],
    });
    const wide = `${TOP}\n${'0'.repeat(64)} ${'1'.repeat(64)} refs/heads/überall\n`;
    for (const text of [
      `${TOP}\n${UPDATE}`,
      wide,
      FULL.replace(ALICE, 'a@x.test 1 +0000'),
      FULL.replace(ALICE, 'SHA256:abc  1 +0000'),
    ]) {
      expect(checkPayload(Buffer.from(text))).toBe('push');
      expect(written(readPushCertificate(Buffer.from(text)))).toBe(text);
    }
  });

  it.each([
    ['another version', FULL.replace('0.1', '0.2')],
    ['no pusher', FULL.replace(`pusher ${ALICE}\n`, '')],
    ['a pusher without a name', FULL.replace(ALICE, ' 1700000000 +0000')],
    ['a pusher without a date', FULL.replace(' 1700000000 +0000', '')],
    ['a pusher with three spaces behind', FULL.replace(' 1700000000', '   1700000000')],
    ['two pushers', FULL.replace(/pusher .*\n/, '$&$&')],
    ['two pushees', FULL.replace(/pushee .*\n/, '$&$&')],
    ['two nonces', FULL.replace(/nonce .*\n/, '$&$&')],
    ['the nonce before the pushee', FULL.replace(/(pushee .*\n)(nonce .*\n)/, '$2$1')],
    ['an option before the nonce', FULL.replace(/(nonce .*\n)(push-option .*\n)/, '$2$1')],
    ['a nonce that git does not ask for', FULL.replace('-abcdef', ' abcdef')],
    ['an unknown header', FULL.replace('nonce', 'signed-by x\nnonce')],
    ['a continuation line', FULL.replace('nonce', ' more\nnonce')],
    ['a CR', FULL.replace('.git\n', '.git\r\n')],
    ['a NUL among the refs', FULL.replace('refs/heads/main', 'refs/heads/m\0')],
    ['no ref', `${TOP}\n`],
    ['no blank line', `${TOP}${UPDATE}`],
    ['a second blank line', FULL.replace(UPDATE, `${UPDATE}\n`)],
    ['a last line that does not end', FULL.slice(0, -1)],
    ['a ref twice', `${FULL}${UPDATE}`],
    ['a line that changes nothing', `${TOP}\n${ONE} ${ONE} refs/heads/main\n`],
    ['a name in capitals', FULL.replace(TWO, 'A'.repeat(40))],
    ['names of two lengths', `${TOP}\n${ZERO} ${'1'.repeat(64)} refs/heads/main\n`],
    ['a ref outside of refs/', FULL.replace('refs/tags/v1', 'HEAD')],
    ['a ref with a space', FULL.replace('refs/tags/v1', 'refs/tags/v 1')],
    ['a ref with two dots', FULL.replace('refs/tags/v1', 'refs/tags/../v1')],
    ['a ref that ends with .lock', FULL.replace('refs/tags/v1', 'refs/tags/v1.lock')],
    ['an armor behind the refs', `${FULL}-----BEGIN SIGNED MESSAGE-----\n`],
  ])('with %s is refused (K3)', (_name, text) => {
    expect(isRefused(() => readPushCertificate(bytes(text)))).toBe(true);
    expect(pushCertificateOf(bytes(text))).toBeUndefined();
    expect(() => checkPayload(bytes(text))).toThrow(
      expect.objectContaining({ code: 'USAGE', exitCode: 2 }),
    );
  });

  it('over its size is refused before its lines are read (K3)', () => {
    const long = Buffer.alloc(MAX_CERTIFICATE + 1, `${TOP}\n${UPDATE}`);
    expect(isRefused(() => readPushCertificate(long))).toBe(true);
    expect(pushCertificateOf(long.subarray(0, 100))).toBeUndefined();
  });

  it('must name the signer as its pusher where signet.matchCommitter asks for it', () => {
    const differs = (value: string) => committerMismatch(bytes(FULL), { kind: 'email', value });
    expect(differs('alice@example.test')).toBeUndefined();
    expect(differs('bob@example.test')).toMatch(
      /^the pusher is alice@example\.test, the signer bob/,
    );
  });
});

describe('the kinds of payload', () => {
  it('no kind is read as another (K1)', async () => {
    const kinds = { commit: COMMIT, tag: TAG, push: FULL };
    for (const [kind, text] of Object.entries(kinds)) {
      expect(payloadKind(bytes(text))).toBe(kind);
      expect(checkPayload(bytes(text))).toBe(kind);
      for (const type of ['commit', 'tag'] as const) {
        const read = () => readHeader(type, bytes(text), { form: 'payload' });
        expect(isRefused(read)).toBe(type !== kind);
      }
      expect(isRefused(() => readPushCertificate(bytes(text)))).toBe(kind !== 'push');
    }
    expect(payloadType(bytes(FULL))).toBeUndefined();
  });

  it("a commit's signature verifies no push certificate, and a malformed one is refused (K1)", async () => {
    const { signature } = vector('offline/01-plain.commit');
    const judge = (text: string) => verifyDetached(bytes(text), signature, contextOf());
    expect(await judge(FULL)).toMatchObject({ code: 'content-digest-differs' });
    expect(await judge(`${FULL}x`)).toMatchObject({ status: 'refused', code: 'object-malformed' });
  });

  it('20,000 mutants are refused, or are exactly what git would write of what was read (K1, K3)', () => {
    const counted = { push: 0, other: 0, refused: 0 };
    for (let at = 0; at < 20_000; at += 1) {
      const mutant = mutated(randomAt(19, at));
      const kind = payloadKind(mutant);
      if (isRefused(() => openPayload(mutant))) counted.refused += 1;
      else if (kind !== 'push') counted.other += 1;
      else {
        counted.push += 1;
        expect(written(readPushCertificate(mutant))).toBe(mutant.toString());
      }
      const readers = [
        () => readHeader('commit', mutant, { form: 'payload' }),
        () => readHeader('tag', mutant, { form: 'payload' }),
        () => readPushCertificate(mutant),
      ];
      expect(readers.filter((read) => !isRefused(read)).length).toBeLessThan(2);
    }
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(1000);
  });
});

/** Returns one to three changes of a certificate, with lines of other kinds among them. */
function mutated({ below, pick, once }: Random): Buffer {
  const lines = FULL.split('\n');
  const others = [
    ...COMMIT.split('\n'),
    ...TAG.split('\n'),
    ...lines,
    '-----BEGIN SIGNED MESSAGE-----',
  ];
  if (once(8)) return Buffer.from(pick([COMMIT, TAG, 'a file\n']));
  for (let changes = 1 + below(2); changes > 0; changes -= 1) {
    const place = below(lines.length);
    pick([
      () => lines.splice(place, 1),
      () => lines.splice(place, 0, pick(others)),
      () => lines.splice(place, 1, pick(others)),
      () => lines.push(...lines.splice(place, 1)),
      () =>
        lines.splice(
          place,
          1,
          (lines[place] ?? '').replace(
            /[a-z0-9]/,
            pick(['b', '7', 'Z', '\0', '\r', ' ', '\u00e9']),
          ),
        ),
      () => lines.splice(place, 1, `${lines[place] ?? ''}${pick(['x', '1', ' ', '.', '/'])}`),
    ])();
  }
  const raw = Buffer.from(lines.join('\n'));
  if (once(6)) raw[below(raw.length)] = below(256);
  return raw;
}
