import { describe, expect, it } from 'vitest';
import { key } from '../../support/forge/keys.ts';
import { logIdOf, type NoteSpec } from '../../support/forge/log.ts';
import { codeOf, ORIGIN, type Overrides } from '../../support/forge.ts';

type Version = 'v1' | 'v2';
const stranger = key('stranger');
const witness = key('witness', 'ed25519');
const witnessLine = {
  name: 'witness.forge.test/w1',
  hint: logIdOf(witness, 'witness.forge.test/w1'),
  key: witness,
};

/** Overrides for either kind of log; v2 needs a timestamp to stand. */
const on = (version: Version, overrides: Overrides): Overrides => ({
  log: version,
  tokens: version === 'v2' ? [{}] : [],
  ...overrides,
});
const note = (change: (base: NoteSpec) => Partial<NoteSpec>): Overrides => ({
  note: (base) => ({ ...base, ...change(base) }),
});
const line = (
  change: (base: NoteSpec['signatures'][number]) => Partial<NoteSpec['signatures'][number]>,
): Overrides =>
  note(({ signatures }) => ({ signatures: signatures.map((one) => ({ ...one, ...change(one) })) }));
const text = (change: (note: string) => string): Overrides => ({ noteText: change });
/** The last line's base64 made from other bytes. */
const signatureBytes = (change: (bytes: Buffer) => Buffer): Overrides =>
  text((full) => {
    const at = full.lastIndexOf(' ') + 1;
    return `${full.slice(0, at)}${change(Buffer.from(full.slice(at).trim(), 'base64')).toString('base64')}\n`;
  });

describe.each(['v1', 'v2'] as const)('checkpoints of Rekor %s', (version) => {
  const refused: readonly [string, Overrides][] = [
    ['checkpoint_missing_origin', note(() => ({ origin: '' }))],
    [
      'checkpoint_missing_origin, the line gone',
      text((full) => full.slice(full.indexOf('\n') + 1)),
    ],
    ['checkpoint_missing_size', text((full) => full.split('\n').toSpliced(1, 1).join('\n'))],
    ['checkpoint_missing_size, the line empty', note(() => ({ size: '' }))],
    ['checkpoint_missing_root', text((full) => full.split('\n').toSpliced(2, 1).join('\n'))],
    ['checkpoint_no_signature', note(() => ({ signatures: [] }))],
    ['checkpoint_no_separator', text((full) => full.replace('\n\n', '\n'))],
    ['checkpoint_missing_key_hint', signatureBytes((bytes) => bytes.subarray(4))],
    [
      'checkpoint_wrong_key_hint',
      signatureBytes((bytes) => Buffer.concat([Buffer.of(1, 2, 3, 4), bytes.subarray(4)])),
    ],
    ['checkpoint_short_signature', signatureBytes((bytes) => bytes.subarray(0, 4))],
    ['checkpoint_cut_signature', signatureBytes((bytes) => bytes.subarray(0, -1))],
    ['checkpoint_long_signature', signatureBytes((bytes) => Buffer.concat([bytes, Buffer.of(0)]))],
    [
      'checkpoint_bad_signature',
      signatureBytes((bytes) => Buffer.from(bytes.with(-1, bytes.at(-1)! ^ 1))),
    ],
    [
      'checkpoint_invalid_signature, by a stranger under the log\u2019s hint',
      line(() => ({ key: key('stranger', version === 'v1' ? 'p256' : 'ed25519') })),
    ],
    ['checkpoint_bad_signature_encoding', text((full) => `${full.slice(0, -2)}*\n`)],
    ['checkpoint_other_name', line(() => ({ name: 'evil.forge.test' }))],
    ['checkpoint_name_as_substring, shorter', line(({ name }) => ({ name: name.slice(0, -1) }))],
    ['checkpoint_name_as_substring, one letter', line(({ name }) => ({ name: name.slice(0, 1) }))],
    ['checkpoint_name_as_substring, longer', line(({ name }) => ({ name: `${name}.evil` }))],
    ['checkpoint_name_as_pattern', line(() => ({ name: '.*' }))],
    ['checkpoint_name_as_slow_pattern', line(() => ({ name: '(.*a)*$'.repeat(100) }))],
    ['checkpoint_name_by_scheme', line(() => ({ name: 'https://' }))],
    ['checkpoint_only_a_witness', note(() => ({ signatures: [witnessLine] }))],
    [
      'checkpoint_signed_twice_by_the_log',
      note(({ signatures }) => ({ signatures: [...signatures, ...signatures] })),
    ],
    ['checkpoint_no_final_newline', text((full) => full.slice(0, -1))],
    ['checkpoint_bytes_after', text((full) => `${full}\n`)],
    ['checkpoint_text_after', text((full) => `${full}hello\n`)],
    ['checkpoint_text_before_the_signature', text((full) => full.replace('\n\n', '\n\nhello\n'))],
    ['checkpoint_dash_not_em', text((full) => full.replace('\u2014', '-'))],
    ['checkpoint_crlf', text((full) => full.replaceAll('\n', '\r\n'))],
    ['checkpoint_root_not_32_octets', note(() => ({ root: Buffer.alloc(31).toString('base64') }))],
    ['checkpoint_root_not_base64', note(() => ({ root: '!'.repeat(44) }))],
    ['checkpoint_root_without_padding', note(({ root }) => ({ root: root.slice(0, -1) }))],
    [
      'checkpoint_root_of_loose_bits',
      note(({ root }) => ({ root: `${root.slice(0, -2)}${looser(root.at(-2)!)}=` })),
    ],
    ['checkpoint_line_added_after_signing', text((full) => full.replace('\n\n', '\nmore\n\n'))],
    ['checkpoint_over_32_KiB', note(() => ({ more: ['x'.repeat(33_000)] }))],
    [
      'checkpoint_with_33_signatures',
      note(({ signatures }) => ({
        signatures: [...signatures, ...Array.from({ length: 32 }, () => witnessLine)],
      })),
    ],
  ];
  it.each(refused)('%s_fail (R06)', async (_, overrides) => {
    expect(await codeOf(on(version, overrides))).toBe('checkpoint-invalid');
  });

  it.each([
    '07',
    '+7',
    '-7',
    ' 7',
    '7 ',
    '7.0',
    '0x7',
    '7e0',
    '\u0667',
    '0b111',
    'seven',
    '99999999999999999999',
  ])('checkpoint_size %j is not canonical_fail (R09)', async (size) => {
    expect(
      await codeOf(
        on(
          version,
          note(() => ({ size })),
        ),
      ),
    ).toBe('checkpoint-invalid');
  });

  const accepted: readonly [string, Overrides][] = [
    ['as it is', {}],
    [
      'checkpoint_with_multiple_signatures, a witness after',
      note(({ signatures }) => ({ signatures: [...signatures, witnessLine] })),
    ],
    [
      'checkpoint_with_multiple_signatures, a witness before',
      note(({ signatures }) => ({ signatures: [witnessLine, ...signatures] })),
    ],
    [
      'checkpoint_with_a_witness_that_lies',
      note(({ signatures }) => ({
        signatures: [{ ...witnessLine, key: stranger }, ...signatures],
      })),
    ],
    ['checkpoint_with_extension_lines', note(() => ({ more: ['Timestamp: 1'] }))],
  ];
  it.each(accepted)('%s (R06)', async (_, overrides) => {
    expect(await codeOf(on(version, overrides))).toBe('verified');
  });

  it('checkpoint_wrong_root, well signed_fail (R06)', async () => {
    const wrong = note(() => ({ root: Buffer.alloc(32, 7).toString('base64') }));
    expect(await codeOf(on(version, wrong))).toBe('inclusion-proof-invalid');
  });

  it('checkpoint of another log of the same trust root_fail (R06)', async () => {
    const other = version === 'v1' ? 'v2' : 'v1';
    const own = version === 'v1' ? key('rekor2', 'ed25519') : key('rekor');
    const signatures = [{ name: ORIGIN[other], hint: logIdOf(own, ORIGIN[other]), key: own }];
    expect(
      await codeOf(
        on(
          version,
          note(() => ({ origin: ORIGIN[other], signatures })),
        ),
      ),
    ).toBe('checkpoint-invalid');
  });
});

/** The same value with one of the bits that base64 throws away set. */
function looser(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(letter) + 1]!;
}

describe('names', () => {
  it('a v1 log may sign under a name that its URL does not hold: its key decides (R06)', async () => {
    const overrides = note(({ signatures }) => ({
      origin: 'internal-7 - 42',
      signatures: signatures.map((one) => ({ ...one, name: 'internal-7' })),
    }));
    expect(await codeOf(overrides)).toBe('verified');
  });

  it('a v1 log\u2019s name is that of the origin it signed_fail (R06)', async () => {
    expect(await codeOf(note(() => ({ origin: 'internal-7 - 42' })))).toBe('checkpoint-invalid');
    expect(await codeOf(note(() => ({ origin: `${ORIGIN.v1}-2 - 42` })))).toBe(
      'checkpoint-invalid',
    );
    expect(await codeOf(note(() => ({ origin: ORIGIN.v1 })))).toBe('verified');
  });

  it('a v2 log\u2019s key is bound to its origin_fail (R13)', async () => {
    const own = key('rekor2', 'ed25519');
    const renamed = note(({ signatures }) => ({
      origin: 'other.forge.test',
      signatures: signatures.map((one) => ({ ...one, name: 'other.forge.test' })),
    }));
    expect(await codeOf(on('v2', renamed))).toBe('checkpoint-invalid');
    const rehinted = note(() => ({
      origin: 'other.forge.test',
      signatures: [{ name: 'other.forge.test', hint: logIdOf(own, 'other.forge.test'), key: own }],
    }));
    expect(await codeOf(on('v2', rehinted))).toBe('checkpoint-invalid');
    const suffixed = note(({ origin }) => ({ origin: `${origin} - 42` }));
    expect(await codeOf(on('v2', suffixed))).toBe('checkpoint-invalid');
  });

  it('a trust root that lists a v2 key under another id is not argued with_fail (R13)', async () => {
    const overrides = on('v2', {
      trust: (root) => {
        root.tlogs[1].logId.keyId = Buffer.from(
          logIdOf(key('rekor2', 'ed25519'), 'other.forge.test'),
        ).toString('base64');
      },
    });
    expect(await codeOf(overrides)).toBe('log-unknown');
  });
});
