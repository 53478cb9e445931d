/** A key of a Sigstore is lost: what the trust root says then, which verdicts change, and what its thief can make. */

import { describe, expect, it } from 'vitest';
import {
  codeOf,
  date,
  type Json,
  type Overrides,
  T0,
  trustedChain,
  tsa,
} from '../support/forge.ts';

/** The kinds of evidence that a signature may have. */
const EVIDENCE = {
  'a v1 entry': {},
  'a v1 entry and a timestamp': { tokens: [{}] },
  'a v2 entry and a timestamp': { log: 'v2', tokens: [{}] },
} as const satisfies Readonly<Record<string, Overrides>>;

const BEFORE = T0 - 600;
const AFTER = T0 + 600;

interface LostKey {
  readonly name: string;
  /** The trust root holds another key instead. */
  readonly replace: (root: Json) => void;
  /** The key counts until that second. */
  readonly end: (root: Json, at: number) => void;
  /** Codes by evidence, if the key is replaced, and if its end lies before the signature. */
  readonly replaced: readonly [string, string, string];
  readonly ended: readonly [string, string, string];
}

const LOST: readonly LostKey[] = [
  {
    name: 'Fulcio',
    replace: (root) => {
      root.certificateAuthorities = [trustedChain('https://new.forge.test', tsa().root)];
    },
    end: (root, at) => {
      root.certificateAuthorities[0].validFor.end = date(at);
    },
    replaced: ['issuer-untrusted', 'issuer-untrusted', 'issuer-untrusted'],
    ended: [
      'certificate-expired-at-signing',
      'certificate-expired-at-signing',
      'certificate-expired-at-signing',
    ],
  },
  {
    name: 'Rekor v1',
    replace: (root) => root.tlogs.shift(),
    end: (root, at) => {
      root.tlogs[0].publicKey.validFor.end = date(at);
    },
    replaced: ['log-unknown', 'log-unknown', 'verified'],
    ended: ['log-unknown', 'log-unknown', 'verified'],
  },
  {
    name: 'Rekor v2',
    replace: (root) => root.tlogs.pop(),
    end: (root, at) => {
      root.tlogs[1].publicKey.validFor.end = date(at);
    },
    replaced: ['verified', 'verified', 'log-unknown'],
    ended: ['verified', 'verified', 'log-unknown'],
  },
  {
    name: 'the CT log',
    replace: (root) => {
      root.ctlogs = [root.tlogs[0]];
    },
    end: (root, at) => {
      root.ctlogs[0].publicKey.validFor.end = date(at);
    },
    replaced: ['sct-invalid', 'sct-invalid', 'sct-invalid'],
    ended: ['sct-invalid', 'sct-invalid', 'sct-invalid'],
  },
  {
    name: 'the timestamp authority',
    replace: (root) => {
      root.timestampAuthorities = [];
    },
    end: (root, at) => {
      root.timestampAuthorities[0].validFor.end = date(at);
    },
    replaced: ['verified', 'timestamp-untrusted', 'timestamp-untrusted'],
    ended: ['verified', 'timestamp-untrusted', 'timestamp-untrusted'],
  },
];

const codes = (trust: (root: Json) => void): Promise<readonly string[]> =>
  Promise.all(Object.values(EVIDENCE).map((evidence) => codeOf({ ...evidence, trust })));

describe('the key of a Sigstore is lost', () => {
  it.each(LOST)(
    '$name without its key: what rests on it is refused, and nothing else (V12)',
    async (lost) => {
      expect(await codes(lost.replace)).toEqual(lost.replaced);
    },
  );

  it.each(LOST)(
    '$name with an end: what was signed before it stays verified (V12)',
    async (lost) => {
      expect(await codes((root) => lost.end(root, AFTER))).toEqual([
        'verified',
        'verified',
        'verified',
      ]);
      expect(await codes((root) => lost.end(root, BEFORE))).toEqual(lost.ended);
    },
  );
});

describe('what the thief of a key makes, if the key has an end and the others are honest', () => {
  const [fulcio, rekorV1, , , timestamps] = LOST;
  const ended = (lost: LostKey | undefined) => (root: Json) => lost?.end(root, BEFORE);

  it('the thief of Fulcio’s key dates a certificate back, and the log’s time refuses it (V13)', async () => {
    const back = (leaf: Parameters<NonNullable<Overrides['leaf']>>[0]) => ({
      ...leaf,
      notBefore: BEFORE - 300,
      notAfter: BEFORE,
    });
    for (const evidence of Object.values(EVIDENCE)) {
      const made = { ...evidence, leaf: back, trust: ended(fulcio) };
      expect(await codeOf(made)).toBe('certificate-expired-at-signing');
    }
  });

  it('the thief of Rekor’s key dates an entry back, and the certificate refuses it (V13)', async () => {
    const made = { time: BEFORE - 60, trust: ended(rekorV1) };
    expect(await codeOf(made)).toBe('certificate-expired-at-signing');
  });

  it('an entry that is dated back under a certificate of that time passes without a timestamp, and is refused with one (V13)', async () => {
    const time = BEFORE - 60;
    const leaf: Overrides['leaf'] = (base) => ({
      ...base,
      notBefore: time - 60,
      notAfter: time + 540,
    });
    const scts: Overrides['scts'] = (base) => [{ ...base, timestamp: (time - 60) * 1000 }];
    const kept = { time, leaf, scts, trust: ended(rekorV1) };
    expect(await codeOf(kept)).toBe('verified');
    expect(await codeOf({ ...kept, tokens: [{}] })).toBe('log-unknown');
  });

  it('the thief of the timestamp authority’s key dates a token back, and the certificate refuses it (V13)', async () => {
    const made = { log: 'v2', tokens: [{ time: BEFORE - 60 }], trust: ended(timestamps) } as const;
    expect(await codeOf(made)).toBe('certificate-expired-at-signing');
  });
});
