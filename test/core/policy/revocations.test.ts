import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { loggedNames } from '../../../src/core/log-lookup.ts';
import {
  type Decision,
  decide,
  type Party,
  type Subject,
} from '../../../src/core/policy/decide.ts';
import { oddities } from '../../../src/core/policy/lint.ts';
import { coversRevocation, liftedRevocations } from '../../../src/core/policy/revocations.ts';
import { detachedIds } from '../../../src/core/verify.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { date, forge, ISSUER, judge, T0 } from '../../support/forge.ts';

const issuer = 'https://accounts.example.test';
const FROM = Date.parse('2026-02-28T22:00:00Z') / 1000;
const UNTIL = Date.parse('2026-03-01T12:00:00Z') / 1000;
const CERTIFICATE = 'cd'.repeat(32);
const LOG = 'ab'.repeat(32);
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const FINGERPRINT = `SHA256:${'A'.repeat(43)}`;
const ID = '0123456789abcdef0123456789abcdef01234567';
const ACCOUNT = `identity: alice@example.test, issuer: ${issuer}`;
const WINDOW = "from: '2026-02-28T22:00Z', until: '2026-03-01T12:00Z'";
const OVER = `${ACCOUNT}, ${WINDOW}, reason: taken over`;
const payload = utf8(
  `tree ${'1'.repeat(40)}\nauthor A <alice@example.test> ${FROM} +0000\ncommitter A <alice@example.test> ${FROM} +0000\n\nx\n`,
);

const textOf = (revoked: readonly string[], more = ''): string => `version: 1
signers:
  - {name: alice, ${ACCOUNT}}
  - {name: alice, identity: alice@home.example.test, issuer: ${issuer}}
  - {name: bob, identity: bob@example.test, issuer: ${issuer}}
  - {name: dave, ssh: '${KEY}'}
${more}${revoked.length === 0 ? '' : `revoked:\n${revoked.map((entry) => `  - {${entry}}\n`).join('')}`}`;
const policyOf = (revoked: readonly string[], more = '') =>
  parsePolicy(utf8(textOf(revoked, more)), 'p', nodeCrypto);

interface Signed {
  readonly value?: string;
  readonly issuer?: string;
  readonly times?: readonly number[];
  readonly issued?: number;
  readonly certificate?: string;
  readonly log?: string;
  readonly index?: string;
}

function partyOf(signed: Signed): Party {
  const { value = 'alice@example.test', times = [FROM] } = signed;
  return {
    signer: { kind: 'email', value, issuer: signed.issuer ?? issuer, extensions: {} },
    times,
    certificate: {
      sha256: signed.certificate ?? '00',
      notBefore: signed.issued ?? Math.min(...times),
    },
    logEntry: { logId: signed.log ?? '00', logIndex: signed.index ?? '1' },
  };
}

async function judged(
  revoked: readonly string[],
  signed: Signed = {},
  subject: Partial<Subject> = {},
): Promise<Decision> {
  const policy = await policyOf(revoked);
  return decide(policy, partyOf(signed), { type: 'commit', payload, ids: [ID], ...subject });
}

const codeOf = async (...args: Parameters<typeof judged>): Promise<string> => {
  const decision = await judged(...args);
  return decision.allowed ? 'allowed' : decision.code;
};

describe('what an entry of revoked hits', () => {
  it.each([
    ['before the first second', { times: [FROM - 1] }, 'allowed'],
    ['at the first second', { times: [FROM] }, 'revoked'],
    ['at the last second', { times: [UNTIL - 1] }, 'revoked'],
    ['at the end', { times: [UNTIL] }, 'allowed'],
  ] as const)('an account is hit within the window: %s', async (_, signed, code) => {
    expect(await codeOf([OVER], signed)).toBe(code);
  });

  it('a certificate of the window is hit even if it signs behind the window (V4)', async () => {
    const late = { times: [UNTIL + 60], issued: UNTIL - 1 };
    expect(await codeOf([OVER], late)).toBe('revoked');
    expect(await codeOf([OVER], { ...late, issued: UNTIL })).toBe('allowed');
  });

  it('one of two proven times within the window is enough, and so are times on both sides (V6)', async () => {
    expect(await codeOf([OVER], { times: [FROM - 60, FROM] })).toBe('revoked');
    expect(await codeOf([OVER], { times: [UNTIL + 5, UNTIL - 5] })).toBe('revoked');
    expect(await codeOf([OVER], { times: [FROM - 5, UNTIL + 5] })).toBe('revoked');
    expect(await codeOf([OVER], { times: [FROM - 9, FROM - 5] })).toBe('allowed');
  });

  it('an account is identity and issuer, byte for byte', async () => {
    expect(await codeOf([OVER], { value: 'alice@home.example.test' })).toBe('allowed');
    expect(await codeOf([OVER.replace(issuer, 'https://other.test')])).toBe('allowed');
    expect(await codeOf([OVER.replace('alice@', 'Alice@')])).toBe('allowed');
  });

  it('a window without a beginning or an end has no bound there', async () => {
    const open = (bound: string): string => `${ACCOUNT}, ${bound}, reason: r`;
    expect(await codeOf([open("until: '2026-03-01T12:00Z'")], { times: [1] })).toBe('revoked');
    expect(await codeOf([open("from: '2026-02-28T22:00Z'")], { times: [2 ** 40] })).toBe('revoked');
    expect(await codeOf([open("from: '2026-02-28T22:00Z'")], { times: [FROM - 1] })).toBe(
      'allowed',
    );
  });

  it('a window in another time zone, or of days, cannot be read (V5)', async () => {
    for (const until of ['2026-03-01T12:00+01:00', '2026-03-01T12:00', '2026-03-01']) {
      const entry = `${ACCOUNT}, until: '${until}', reason: r`;
      await expect(policyOf([entry]), until).rejects.toMatchObject({ code: 'POLICY_FILE' });
    }
  });

  it('a certificate is hit by its fingerprint', async () => {
    const entry = `certificate: ${CERTIFICATE}, reason: r`;
    expect(await codeOf([entry], { certificate: CERTIFICATE })).toBe('revoked');
    expect(await codeOf([entry])).toBe('allowed');
  });

  it('a log entry is hit by log and index', async () => {
    const entry = `log: ${LOG}, index: 7, reason: r`;
    expect(await codeOf([entry], { log: LOG, index: '7' })).toBe('revoked');
    expect(await codeOf([entry], { log: LOG, index: '70' })).toBe('allowed');
    expect(await codeOf([entry], { log: 'cd'.repeat(32), index: '7' })).toBe('allowed');
    const long = `log: ${LOG}, index: '12345678901234567890', reason: r`;
    expect(await codeOf([long], { log: LOG, index: '12345678901234567890' })).toBe('revoked');
  });

  it('a key is hit by its fingerprint', async () => {
    const policy = await policyOf([`key: '${FINGERPRINT}', reason: lost`]);
    const [key] = policy.keys ?? [];
    const signer = { kind: 'ssh', value: FINGERPRINT, issuer: 'policy', extensions: {} } as const;
    const subject = { type: 'commit', payload } as const;
    const party = { signer, times: [FROM], ...(key && { key }) };
    expect(decide(policy, party, subject)).toMatchObject({ allowed: false, code: 'revoked' });
    const other = { ...party, signer: { ...signer, value: `SHA256:${'B'.repeat(43)}` } };
    expect(decide(policy, other, subject).allowed).toBe(true);
  });

  it('an exception holds for that object alone, by its full hash (V7)', async () => {
    const entry = `${OVER}, except: ['${ID}']`;
    expect(await codeOf([entry])).toBe('allowed');
    expect(await codeOf([entry], {}, { ids: [ID.replace('0', '1')] })).toBe('revoked');
    expect(await codeOf([entry], {}, { ids: [ID.slice(0, 12)] })).toBe('revoked');
    expect(await codeOf([entry], {}, { ids: undefined })).toBe('revoked');
    expect(await codeOf([entry, OVER])).toBe('revoked');
  });

  it('the reason says who lost what, and until when', async () => {
    const end = `${ACCOUNT}, until: '2026-03-01T12:00Z', reason: "alice's account was taken over"`;
    expect(await judged([end])).toMatchObject({
      detail: "revoked: alice's account was taken over (until 2026-03-01T12:00Z)",
    });
    expect(await judged([OVER])).toMatchObject({
      detail: 'revoked: taken over (from 2026-02-28T22:00Z until 2026-03-01T12:00Z)',
    });
  });

  it('an entry hits before every other question, and beside the entries of later policies', async () => {
    const policy = await policyOf([]);
    const later = (await policyOf([OVER])).revoked;
    const subject = { type: 'commit', payload, ids: [ID], revoked: later } as const;
    expect(decide(policy, partyOf({}), subject)).toMatchObject({ code: 'revoked' });
    const stranger = OVER.replace('alice@', 'mallory@');
    expect(await codeOf([stranger], { value: 'mallory@example.test' })).toBe('revoked');
  });

  it('git’s call knows the object by payload and signature, so an exception holds there (V7)', async () => {
    const policy = await policyOf([`${OVER}, except: ['${ID}']`]);
    const signature = utf8('-----BEGIN SIGNED MESSAGE-----\nAA==\n-----END SIGNED MESSAGE-----\n');
    const ids = detachedIds({ policy, crypto: nodeCrypto }, payload, signature);
    const raw = new TextDecoder()
      .decode(payload)
      .replace(
        '\n\n',
        `\ngpgsig ${new TextDecoder().decode(signature).trimEnd().replaceAll('\n', '\n ')}\n\n`,
      );
    const framed = utf8(`commit ${utf8(raw).length}\0${raw}`);
    expect(ids).toEqual([Buffer.from(nodeCrypto.hash('sha1', framed)).toString('hex')]);
    const plain = await policyOf([OVER]);
    expect(detachedIds({ policy: plain, crypto: nodeCrypto }, payload, signature)).toEqual([]);
  });
});

describe('the library', () => {
  const codeUnder = async (entry: string, more = ''): Promise<string> => {
    const signers = `signers: [{name: all, identity-pattern: '.*', issuer: '${ISSUER}'}, {name: b, identity: b, issuer: i}]`;
    const text = `version: 1\n${signers}\nrevoked: [{${entry}, reason: r${more}}]\n`;
    const policy = await parsePolicy(utf8(text), 'p', nodeCrypto);
    const verdict = await judge({}, { policy });
    return verdict.status === 'verified' ? 'verified' : verdict.code;
  };

  it('a detached signature is taken back by account, certificate and log entry, but for its own object', async () => {
    const forged = forge();
    const verdict = await judge();
    if (verdict.status !== 'verified') throw new Error('the forged signature verifies');
    const { signer, certificate, logEntry } = verdict;
    const at = (seconds: number): string => `'${date(seconds).replace('.000Z', 'Z')}'`;
    const account = `identity: '${signer.value}', issuer: '${ISSUER}'`;
    const entries = [
      `${account}, from: ${at(T0)}, until: ${at(T0 + 1)}`,
      `certificate: ${certificate.sha256}`,
      `log: ${logEntry?.logId}, index: '${logEntry?.logIndex}'`,
    ];
    const [id = ''] = loggedNames(forged.payload, forged.signature, nodeCrypto);
    for (const entry of entries) {
      expect(await codeUnder(entry), entry).toBe('revoked');
      expect(await codeUnder(entry, `, except: ['${id}']`), entry).toBe('verified');
      expect(await codeUnder(entry, `, except: ['${'0'.repeat(40)}']`), entry).toBe('revoked');
    }
    expect(await codeUnder(`${account}, from: ${at(T0 + 1)}`)).toBe('verified');
    expect(await codeUnder(`${account}, until: ${at(certificate.notBefore)}`)).toBe('verified');
    expect(await codeUnder(`${account}, until: ${at(certificate.notBefore + 1)}`)).toBe('revoked');
  });
});

describe('who may take an entry back', () => {
  const lifting = async (value: string, entry = OVER): Promise<string> => {
    const lifts = (await policyOf([entry])).revoked;
    const subject = { changesPolicy: true, lifts };
    return codeOf([], { value, times: [UNTIL + 999], issued: UNTIL + 900 }, subject);
  };

  it('the owner of an account may not take an entry about it back, even behind the window (V3)', async () => {
    expect(await lifting('alice@example.test')).toBe('policy-change-not-allowed');
    expect(await lifting('bob@example.test')).toBe('allowed');
  });

  it('another account of the same person may not take it back either (V3)', async () => {
    expect(await lifting('alice@home.example.test')).toBe('policy-change-not-allowed');
  });

  it('an entry is weaker with a shorter window, another account or one more exception (V8)', async () => {
    const [old] = (await policyOf([OVER])).revoked ?? [];
    const weaker = [
      OVER.replace('22:00Z', '22:00:01Z'),
      OVER.replace('12:00Z', '11:59:59Z'),
      `${OVER}, except: ['${ID}']`,
      OVER.replace('alice@', 'bob@'),
      `certificate: ${CERTIFICATE}, reason: r`,
    ];
    for (const text of weaker) {
      const { revoked } = await policyOf([text]);
      expect(liftedRevocations(old && [old], revoked), text).toEqual([old]);
    }
    const stronger = [
      OVER.replace('taken over', 'another reason'),
      OVER.replace('22:00Z', '21:00Z').replace('12:00Z', '13:00Z'),
      `${ACCOUNT}, reason: for good`,
    ];
    for (const text of stronger) {
      const { revoked = [] } = await policyOf([text]);
      expect(liftedRevocations(old && [old], revoked), text).toEqual([]);
    }
    expect(liftedRevocations(undefined, undefined)).toEqual([]);
  });

  it('fewer exceptions are stronger, and other kinds are equal only to themselves (V8)', async () => {
    const excepted = `${OVER}, except: ['${ID}']`;
    const [
      log = undefined,
      same = undefined,
      other = undefined,
      wide = undefined,
      few = undefined,
    ] =
      (
        await policyOf([
          `log: ${LOG}, index: 7, reason: r`,
          `log: ${LOG}, index: '7', reason: another`,
          `log: ${LOG}, index: 8, reason: r`,
          OVER,
          excepted,
        ])
      ).revoked ?? [];
    expect(log && same && coversRevocation(log, same)).toBe(true);
    expect(log && other && coversRevocation(log, other)).toBe(false);
    expect(wide && few && coversRevocation(wide, few)).toBe(true);
    expect(wide && few && coversRevocation(few, wide)).toBe(false);
  });
});

describe('what policy check says of entries', () => {
  const odd = async (revoked: readonly string[], more = 'changes: [alice, bob]\n') =>
    oddities(await policyOf(revoked, more), UNTIL)
      .filter(({ where }) => where.startsWith('revoked'))
      .map(({ where, what }) => `${where}: ${what}`);

  it('an entry that hits no signer of the policy is named', async () => {
    const stranger = OVER.replace('alice@', 'carol@');
    expect(await odd([OVER, stranger])).toEqual(['revoked[1]: it hits no signer of this policy']);
  });

  it('an entry that every signer that may change the policy would have to take back is named (V9)', async () => {
    const none = 'it hits every signer that may change this file, so none can take it back';
    expect(await odd([OVER], 'changes: [alice]\n')).toEqual([`revoked[0]: ${none}`]);
    expect(await odd([OVER], 'changes: [alice, dave]\n')).toEqual([]);
  });

  it('entries without an end may not hit every signer that may change the policy (V9)', async () => {
    const open = `${ACCOUNT}, reason: r`;
    const home = `identity: alice@home.example.test, issuer: ${issuer}, reason: r`;
    const locked = policyOf([open, home], 'changes: [alice]\n');
    await expect(locked).rejects.toMatchObject({ code: 'POLICY_FILE' });
    await expect(policyOf([open], 'changes: [alice]\n')).resolves.toBeDefined();
    await expect(policyOf([open, home], 'changes: [alice, bob]\n')).resolves.toBeDefined();
    await expect(policyOf([open, home], 'changes: [alice, dave]\n')).resolves.toBeDefined();
  });
});
