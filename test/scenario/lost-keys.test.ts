/**
 * Fulcio, Rekor, the CT log or the timestamp authority loses its key, one at a time: commits that real git signed before,
 * what the thief makes with that key, and the verdicts before the new trust root, with the key's end, and without the key.
 */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SignatureRequest } from '../../src/sandbox/index.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { type LostKey, loseKey, programOfThen } from '../support/lost-key.ts';
import {
  commitPayload,
  resultsOf,
  signetProcess,
  withSignature,
} from '../support/verify-scenario.ts';

const HOUR = 3_600_000;
const NOW = Date.now();
const LOSS = NOW - 24 * HOUR;
const BEFORE = LOSS - 24 * HOUR;
const END = new Date(LOSS).toISOString();

/** What a signature may hold: settings for git, and the same for the sandbox. */
const EVIDENCE = {
  v1: [{ rekorVersion: 1 }, {}, { rekor: 1 }],
  'v1 and timestamp': [
    { rekorVersion: 1 },
    { SIGNET_TIMESTAMP: 'always' },
    { rekor: 1, timestamp: true },
  ],
  'v2 and timestamp': [{ rekorVersion: 2 }, {}, { rekor: 2, timestamp: true }],
} as const;
type Evidence = keyof typeof EVIDENCE;
const KINDS = Object.keys(EVIDENCE) as readonly Evidence[];

const STORY_SECONDS = 180;

let open: LostKey | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

interface Story {
  readonly lost: LostKey;
  readonly repository: ScratchRepository;
  /** A certificate of the time before the loss, whose holder did not delete its key. */
  readonly kept: Pick<SignatureRequest, 'certificate' | 'keys'>;
  /** A certificate of today, from the honest Fulcio. */
  readonly today: Pick<SignatureRequest, 'certificate' | 'keys'>;
  /** Adds a commit under this name. */
  readonly add: (name: string, armor: (payload: string) => Promise<string>) => Promise<void>;
  readonly forge: (
    name: string,
    request: SignatureRequest,
    more?: Parameters<LostKey['forge']>[2],
  ) => Promise<void>;
  /** Each commit's status, or its code. */
  readonly verdicts: (...judge: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  /** As `verdicts`, after the operator's new trust root. */
  readonly update: (end: string | undefined) => Promise<Readonly<Record<string, string>>>;
  readonly commits: ReadonlyMap<string, string>;
}

/** Real git signs with each kind of evidence before the loss, and the honest services sign on until it is noticed. */
async function tell(part: Parameters<typeof loseKey>[0]): Promise<Story> {
  const lost = await loseKey(part);
  open = lost;
  const repository = scratchRepository('lost-key');
  const run = async (...args: readonly string[]): Promise<string> => {
    const { exit, out, talk } = await signetProcess(repository, args);
    expect([0, 1, 6], talk).toContain(exit);
    return out;
  };
  await run(...lost.init);
  const commits = new Map<string, string>();
  const sign = async (name: string, kind: Evidence, program: readonly string[] = []) => {
    const token = await lost.sandbox().mintToken({ email: 'alice@example.test' });
    const [options, more] = EVIDENCE[kind];
    const env = { ...lost.sandbox().environment({ ...options, token }), ...more };
    const args = [...program, 'commit', '-q', '-S', '--allow-empty', '-m', name];
    const { exit, err } = await repository.gitMeanwhile({ env }, ...args);
    expect(exit, err).toBe(0);
    commits.set(name, repository.must('rev-parse', 'HEAD'));
  };
  const add: Story['add'] = async (name, armor) => {
    const payload = commitPayload({ subject: name });
    commits.set(name, repository.write('commit', withSignature(payload, await armor(payload))));
  };
  const certificateOf = async (at: number) => {
    const { certificate, keys } = await lost
      .sandbox()
      .issueSignature(Buffer.from('x'), { at, rekor: 'none' });
    return { certificate, keys };
  };
  const verdicts: Story['verdicts'] = async (...judge) => {
    const how = judge.length === 0 ? ['--unsafe-any-identity'] : judge;
    const found: Record<string, string> = {};
    for (const [name, id] of commits) {
      const [result] = resultsOf({ out: await run('verify', '--format', 'jsonl', ...how, id) });
      found[name] = result?.code ?? result?.status ?? 'nothing';
    }
    return found;
  };
  lost.setBack(NOW - BEFORE);
  const then = ['-c', `gpg.x509.program=${programOfThen(NOW - BEFORE)}`];
  for (const kind of KINDS) await sign(kind, kind, then);
  const kept = await certificateOf(BEFORE);
  lost.setBack(0);
  await lost.steal();
  for (const kind of KINDS)
    await add(`${kind}, late`, async (payload) => {
      const request = { ...EVIDENCE[kind][2], at: LOSS + HOUR };
      return (await lost.sandbox().issueSignature(Buffer.from(payload), request)).armor;
    });
  return {
    ...{ lost, repository, kept, add, verdicts, commits, today: await certificateOf(NOW) },
    forge: (name, request, more) => add(name, (payload) => lost.forge(payload, request, more)),
    update: async (end) => {
      if (!commits.has('successor')) {
        await lost.replace();
        await sign('successor', 'v1 and timestamp');
        await sign('successor, v2', 'v2 and timestamp');
      }
      lost.publish(end);
      expect(await run('trust', 'update')).toContain('a new trust root');
      const found = await verdicts();
      for (const [name, id] of commits) {
        const said = repository.git('verify-commit', id).exit === 0 ? 'good' : 'bad';
        expect(`${name}: ${said}`).toBe(`${name}: ${found[name] === 'verified' ? 'good' : 'bad'}`);
      }
      return found;
    },
  };
}

/** The verdicts under a policy that takes the kept certificate back. */
async function revoked({ lost, repository, kept, verdicts }: Story): Promise<Verdicts> {
  const certificate = createHash('sha256')
    .update(kept.certificate ?? '')
    .digest('hex');
  const signer = `{name: alice, identity: alice@example.test, issuer: '${lost.sandbox().urls.issuer}'}`;
  const path = join(repository.home, 'policy.yaml');
  const entry = `{certificate: ${certificate}, reason: its key was kept}`;
  writeFileSync(path, `version: 1\nsigners: [${signer}]\nrevoked: [${entry}]\n`);
  return verdicts('--policy', path);
}

type Verdicts = Readonly<Record<string, string>>;
const all = (names: readonly string[], verdict: string): Verdicts =>
  Object.fromEntries(names.map((name) => [name, verdict]));
const LATE = KINDS.map((kind) => `${kind}, late`);
const GENUINE = [...KINDS, ...LATE];
const SUCCESSOR = all(['successor', 'successor, v2'], 'verified');
const EXPIRED = 'certificate-expired-at-signing';

describe('one Sigstore key is lost', { timeout: STORY_SECONDS * 1000 }, () => {
  it('the thief of Fulcio’s key signs as alice until its end is published, and dates nothing back (V13)', async () => {
    const { lost, forge, verdicts, update } = await tell('fulcio');
    const { parts } = lost.sandbox();
    // the honest CT log dates its promise itself
    const ctLog = {
      ...parts.ctLog,
      addPreCertificate: (
        tbs: Uint8Array,
        issuer: Parameters<typeof parts.ctLog.addPreCertificate>[1],
      ) => parts.ctLog.addPreCertificate(tbs, issuer, NOW),
    };
    const honest = {
      timestamp: true,
      at: BEFORE,
      loggedAfter: NOW - BEFORE,
      stampedAfter: NOW - BEFORE,
    };
    await forge('of today', { timestamp: true });
    await forge('for a month', honest, { ctLog, certificateLifetimeSeconds: 30 * 86_400 });
    await forge('dated back', honest, { ctLog });
    await forge('dated back, v2', { ...honest, rekor: 2 }, { ctLog });
    const back = ['dated back', 'dated back, v2'];
    expect(await verdicts()).toEqual({
      ...all([...GENUINE, 'of today', 'for a month'], 'verified'),
      ...all(back, EXPIRED),
    });
    expect(await update(END)).toEqual({
      ...all(KINDS, 'verified'),
      ...all([...LATE, 'of today', 'for a month', ...back], EXPIRED),
      ...SUCCESSOR,
    });
    expect(await update(undefined)).toEqual({
      ...all([...GENUINE, 'of today', 'for a month', ...back], 'issuer-untrusted'),
      ...SUCCESSOR,
    });
  });

  it('the thief of Rekor v1’s key needs a kept certificate to date an entry back, and revoked ends that (V13)', async () => {
    const story = await tell('rekor');
    const { forge, verdicts, update, today, kept } = story;
    await forge('of today', {});
    await forge('today’s certificate', { ...today, at: BEFORE });
    await forge('kept', { ...kept, at: BEFORE });
    const dated = { ...kept, at: BEFORE, timestamp: true, stampedAfter: NOW - BEFORE };
    await forge('kept, timestamp', dated);
    const refused = ['today’s certificate', 'kept, timestamp'];
    expect(await verdicts()).toEqual({
      ...all([...GENUINE, 'of today', 'kept'], 'verified'),
      ...all(refused, EXPIRED),
    });
    const [, , v2] = LATE as [string, string, string];
    const ended = {
      ...all([...KINDS, v2, 'kept'], 'verified'),
      ...all(['v1, late', 'v1 and timestamp, late', 'of today', 'kept, timestamp'], 'log-unknown'),
      'today’s certificate': EXPIRED,
      ...SUCCESSOR,
    };
    expect(await update(END)).toEqual(ended);
    expect(await revoked(story)).toEqual({ ...ended, kept: 'revoked' });
    expect(await update(undefined)).toEqual({
      ...all(['v1', 'v1 and timestamp', ...LATE.slice(0, 2)], 'log-unknown'),
      ...all(['of today', 'kept', ...refused], 'log-unknown'),
      ...all(['v2 and timestamp', v2], 'verified'),
      ...SUCCESSOR,
    });
  });

  it('the thief of Rekor v2’s key hides entries until its end is published, and dates nothing back (V13)', async () => {
    const { forge, verdicts, update, kept } = await tell('rekorV2');
    const v2 = { rekor: 2, timestamp: true } as const;
    await forge('of today', v2);
    await forge('kept', { ...kept, ...v2 });
    expect(await verdicts()).toEqual({
      ...all([...GENUINE, 'of today'], 'verified'),
      kept: EXPIRED,
    });
    const old = ['v1', 'v1 and timestamp', ...LATE.slice(0, 2)];
    const lost = ['v2 and timestamp, late', 'of today', 'kept'];
    expect(await update(END)).toEqual({
      ...all([...old, 'v2 and timestamp'], 'verified'),
      ...all(lost, 'log-unknown'),
      ...SUCCESSOR,
    });
    expect(await update(undefined)).toEqual({
      ...all(old, 'verified'),
      ...all(['v2 and timestamp', ...lost], 'log-unknown'),
      ...SUCCESSOR,
    });
  });

  it('the thief of the CT log’s key has no certificate to promise (V13)', async () => {
    const { lost, forge, verdicts, update } = await tell('ctLog');
    const own = lost.thief();
    await forge('own authority', { timestamp: true }, own);
    await forge('own authority, dated back', { timestamp: true, at: BEFORE }, own);
    const forged = all(['own authority', 'own authority, dated back'], 'issuer-untrusted');
    expect(await verdicts()).toEqual({ ...all(GENUINE, 'verified'), ...forged });
    expect(await update(END)).toEqual({
      ...all(KINDS, 'verified'),
      ...all(LATE, 'sct-invalid'),
      ...forged,
      ...SUCCESSOR,
    });
    expect(await update(undefined)).toEqual({
      ...all(GENUINE, 'sct-invalid'),
      ...forged,
      ...SUCCESSOR,
    });
  });

  it('the thief of the timestamp authority’s key needs a kept certificate and Rekor v2, and revoked ends that (V13)', async () => {
    const story = await tell('tsa');
    const { forge, verdicts, update, today, kept } = story;
    const v2 = { rekor: 2, timestamp: true } as const;
    await forge('of today', { ...today, ...v2 });
    await forge('today’s certificate', { ...today, ...v2, at: BEFORE });
    await forge('kept', { ...kept, ...v2, at: BEFORE });
    await forge('kept, v1', { ...kept, timestamp: true, at: BEFORE, loggedAfter: NOW - BEFORE });
    const refused = ['today’s certificate', 'kept, v1'];
    expect(await verdicts()).toEqual({
      ...all([...GENUINE, 'of today', 'kept'], 'verified'),
      ...all(refused, EXPIRED),
    });
    const ended = {
      ...all([...KINDS, 'v1, late', 'kept'], 'verified'),
      ...all([...LATE.slice(1), 'of today'], 'timestamp-untrusted'),
      ...all(refused, EXPIRED),
      ...SUCCESSOR,
    };
    expect(await update(END)).toEqual(ended);
    expect(await revoked(story)).toEqual({ ...ended, kept: 'revoked' });
    expect(await update(undefined)).toEqual({
      ...all(['v1', 'v1, late'], 'verified'),
      ...all([...KINDS.slice(1), ...LATE.slice(1)], 'timestamp-untrusted'),
      ...all(['of today', 'kept', ...refused], 'timestamp-untrusted'),
      ...SUCCESSOR,
    });
  });
});
