import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrustedRoot } from '../../../src/core/trust/trusted-root.ts';
import { isSignetError } from '../../../src/errors.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { date, forge, type Json, T0 } from '../../support/forge.ts';

const SOURCE = 'some/trusted_root.json';
const read = (text: string) => parseTrustedRoot(text, SOURCE, nodeCrypto);
const base = (): Json => structuredClone(forge().trustedRoot);

/** What the error says, which must be ours, of code TRUST_FILE, exit 2, one line, and name the file. */
function complaint(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!isSignetError(error)) throw error;
    expect(error).toMatchObject({ code: 'TRUST_FILE', exitCode: 2 });
    expect(error.message).toContain(SOURCE);
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  return 'read';
}

describe('trusted_root.json', () => {
  it('a trusted root is read whole, in exact seconds', () => {
    const trust = read(JSON.stringify(base()));
    expect(trust).toMatchObject({
      source: SOURCE,
      tlogs: [{ key: { kind: 'p256' } }, { key: { kind: 'ed25519' } }],
      ctLogs: [{}],
      timestampAuthorities: [{}],
    });
    expect(trust.certificateAuthorities[0]?.chain).toHaveLength(2);
    const json = base();
    json.certificateAuthorities[0].validFor = {
      start: '2027-01-15T09:00:00+01:00',
      end: '2027-01-15T08:00:00.999Z',
    };
    expect(read(JSON.stringify(json)).certificateAuthorities[0]?.validFor).toEqual({
      start: T0,
      end: T0,
    });
  });

  const faults: readonly [place: string, (json: Json) => void][] = [
    ['mediaType', (json) => delete json.mediaType],
    ['mediaType', (json) => (json.mediaType = 'application/json')],
    ['tlogs is', (json) => (json.tlogs = {})],
    ['tlogs[0] is', (json) => (json.tlogs[0] = 'log')],
    ['tlogs[0] is', (json) => (json.tlogs[0] = null)],
    ['tlogs[0].hashAlgorithm is', (json) => (json.tlogs[0].hashAlgorithm = {})],
    ['tlogs[0].publicKey.keyDetails is', (json) => (json.tlogs[0].publicKey.keyDetails = [])],
    ['tlogs[1].publicKey is', (json) => delete json.tlogs[1].publicKey],
    ['tlogs[1].publicKey.rawBytes', (json) => (json.tlogs[1].publicKey.rawBytes = '***')],
    ['tlogs[0].publicKey.rawBytes', (json) => (json.tlogs[0].publicKey.rawBytes = '')],
    ['tlogs[0].publicKey.rawBytes', (json) => (json.tlogs[0].publicKey.rawBytes = 'AAAA')],
    ['tlogs[0].publicKey.validFor is', (json) => (json.tlogs[0].publicKey.validFor = 'always')],
    [
      'tlogs[0].publicKey.validFor.start',
      (json) => (json.tlogs[0].publicKey.validFor.start = 'yesterday'),
    ],
    [
      'tlogs[0].publicKey.validFor.start',
      (json) => (json.tlogs[0].publicKey.validFor.start = 1_700_000_000),
    ],
    [
      'tlogs[0].publicKey.validFor.end',
      (json) => (json.tlogs[0].publicKey.validFor.end = '2027-13-01T00:00:00Z'),
    ],
    ['tlogs[0].publicKey.validFor.end', (json) => (json.tlogs[0].publicKey.validFor.end = '')],
    ['tlogs[0].logId', (json) => delete json.tlogs[0].logId],
    ['tlogs[0].logId.keyId', (json) => (json.tlogs[0].logId.keyId = 7)],
    ['ctlogs[0].logId.keyId', (json) => (json.ctlogs[0].logId.keyId = 'x')],
    [
      'certificateAuthorities[0].certChain is',
      (json) => delete json.certificateAuthorities[0].certChain,
    ],
    [
      'certificateAuthorities[0].certChain is',
      (json) => (json.certificateAuthorities[0].certChain.certificates = []),
    ],
    [
      'certificateAuthorities[0].certChain is',
      (json) => delete json.certificateAuthorities[0].certChain.certificates,
    ],
    [
      'certificateAuthorities[0].certChain.certificates[1]',
      (json) => (json.certificateAuthorities[0].certChain.certificates[1] = {}),
    ],
    [
      'certificateAuthorities[0].certChain.certificates[1]',
      (json) => (json.certificateAuthorities[0].certChain.certificates[1].rawBytes = 'MAA='),
    ],
    [
      'timestampAuthorities[0].validFor.start',
      (json) => (json.timestampAuthorities[0].validFor = { start: '2027-01-15' }),
    ],
  ];
  it.each(faults)('the error names the place that cannot be read: %s', (place, change) => {
    const json = base();
    change(json);
    expect(complaint(JSON.stringify(json))).toContain(`${SOURCE}: ${place}`);
  });

  it('a date without its offset is refused, because it means another second in every time zone (R17)', () => {
    for (const start of [
      '2027-01-15T08:00:00',
      '2027-01-15T08:00',
      '2027-01-15 08:00:00Z',
      '2027-01-15T08:00:00+0100',
      '2027-01-15T08:00:00Z ',
    ]) {
      const json = base();
      json.ctlogs[0].publicKey.validFor = { start };
      expect(complaint(JSON.stringify(json))).toContain('ctlogs[0].publicKey.validFor.start');
    }
  });

  it.each(['', '{', 'null', '[]', '"x"', '1', '{"mediaType":1}', '\u{feff}{}'])(
    'the text %j is no trusted root',
    (text) => {
      expect(complaint(text)).not.toBe('read');
    },
  );

  it('a key of the prototype\u2019s name does nothing (I05)', () => {
    expect(
      complaint(
        '{"__proto__":{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}}',
      ),
    ).toContain('mediaType');
    expect(({} as Json).mediaType).toBeUndefined();
  });

  it('missing lists of a trusted root are empty, so no server is trusted for them', () => {
    const { mediaType } = base();
    expect(read(JSON.stringify({ mediaType }))).toMatchObject({
      tlogs: [],
      ctLogs: [],
      certificateAuthorities: [],
      timestampAuthorities: [],
    });
  });

  it('every cache key holds the digest of the trusted root’s exact text', () => {
    const text = JSON.stringify(base());
    expect(read(text).digest).toBe(read(text).digest);
    expect(read(`${text}\n`).digest).not.toBe(read(text).digest);
    const json = base();
    json.tlogs[0].publicKey.validFor.end = date(T0);
    expect(read(JSON.stringify(json)).digest).not.toBe(read(text).digest);
  });

  it.each(['gitsign/trust/trusted_root.json'])(
    'the trusted root of a real stack is read, %s',
    (file) => {
      const text = readFileSync(new URL(`../../vectors/${file}`, import.meta.url), 'utf8');
      expect(read(text).tlogs.map(({ key }) => key.kind)).toEqual(['p256', 'ed25519']);
    },
  );
});
