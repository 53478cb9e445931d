/**
 * Each outcome of the tables of docs/results.md, through real git: verify-commit and verify-tag, the placeholders of
 * `git log`, merge --verify-signatures, gpg.minTrustLevel.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, scratchRepository } from '../support/git-repository.ts';
import { findProgram, haveTools } from '../support/tools.ts';

const vectors = fileURLToPath(new URL('../vectors/gitsign/', import.meta.url));
const vector = (name: string): Buffer => readFileSync(join(vectors, name));

const repository = scratchRepository('outcomes', {
  'signet.trust': join(vectors, 'trust/trusted_root.json'),
  'signet.offline': 'true',
});
const { git, must, write, home, path } = repository;

const policyFor = (identity: string): string => {
  const file = join(home, `${identity}.yaml`);
  const signer = `{name: someone, identity: ${identity}, issuer: 'http://127.0.0.1:18808'}`;
  writeFileSync(file, `version: 1\nsigners: [${signer}]\n`);
  return file;
};

const plain = vector('offline/01-plain.commit');
const good = write('commit', plain);
const tampered = write('commit', Buffer.concat([plain, Buffer.from('one line more\n')]));
/** The same commit with one character of its armor's base64 changed. */
function withBrokenSignature(): string {
  const text = plain.toString('latin1');
  const at = text.indexOf('-----BEGIN SIGNED MESSAGE-----') + 200;
  const other = text[at] === 'A' ? 'B' : 'A';
  return write('commit', Buffer.from(text.slice(0, at) + other + text.slice(at + 1), 'latin1'));
}
const broken = withBrokenSignature();
const online = write('commit', vector('online/01-plain.commit'));
const openPgp = write(
  'commit',
  Buffer.from(
    plain
      .toString('latin1')
      .replace('-----BEGIN SIGNED MESSAGE-----', '-----BEGIN PGP SIGNATURE-----')
      .replace('-----END SIGNED MESSAGE-----', '-----END PGP SIGNATURE-----'),
    'latin1',
  ),
);
const emptyTree = repository.gitWith({ input: Buffer.from('') }, 'mktree').out.trim();
const SHA1 = '3655065d0bbdc83e6b191c0a635ba000e40e0b1e';
const NAME = 'alice@example.test (http://127.0.0.1:18808)';
const NONE = '0'.repeat(40);

const ALICE = ['-c', `signet.policy=${policyFor('alice@example.test')}`];
const BOB = ['-c', `signet.policy=${policyFor('bob@example.test')}`];
const FULL = ['-c', 'signet.trustWithoutPolicy=full'];
const FOREIGN = ['-c', 'signet.trust='];
const NO_TRUST = ['-c', 'signet.trust=/nowhere/trusted_root.json'];

interface Row {
  readonly name: string;
  readonly config: readonly string[];
  readonly commit: string;
  /** Of `git verify-commit`, which turns every failure into 1. */
  readonly exit: 0 | 1;
  /** `%G?|%GS|%GK|%GF|%GP|%GT` */
  readonly shown: string;
  readonly merge: 'ok' | 'untrusted' | 'bad' | 'unsigned';
  readonly says: RegExp;
}

const rows: readonly Row[] = [
  {
    name: 'allowed by the policy',
    config: ALICE,
    commit: good,
    exit: 0,
    shown: `G|${NAME}|${SHA1}|${SHA1}|${SHA1}|fully`,
    merge: 'ok',
    says: /^git-signet: good signature by alice@example\.test \(.*\), logged 2026-11-21 12:09:06Z, Rekor 95\n$/,
  },
  {
    name: 'no policy (P01)',
    config: [],
    commit: good,
    exit: 0,
    shown: `U|${NAME}|${SHA1}|${SHA1}|${SHA1}|undefined`,
    merge: 'untrusted',
    says: /^git-signet: good signature by alice@example\.test/,
  },
  {
    name: 'no policy, trust as gitsign says it',
    config: FULL,
    commit: good,
    exit: 0,
    shown: `G|${NAME}|${SHA1}|${SHA1}|${SHA1}|fully`,
    merge: 'ok',
    says: /good signature/,
  },
  {
    name: 'not allowed (P01)',
    config: BOB,
    commit: good,
    exit: 1,
    shown: `U|${NAME}|${SHA1}|${SHA1}|${SHA1}|never`,
    merge: 'untrusted',
    says: /^git-signet: NOT ALLOWED: the signer is not listed in .*bob.*: alice@example\.test/,
  },
  {
    name: 'content changed (S06)',
    config: ALICE,
    commit: tampered,
    exit: 1,
    shown: `B|${NAME}|${SHA1}|||never`,
    merge: 'bad',
    says: /^git-signet: BAD signature: the commit is not what was signed \(content digest differs\); it claims/,
  },
  {
    name: 'unreadable (S06)',
    config: ALICE,
    commit: broken,
    exit: 1,
    shown: 'E|',
    merge: 'unsigned',
    says: /^git-signet: /,
  },
  {
    name: 'an issuer that is not trusted',
    config: FOREIGN,
    commit: good,
    exit: 1,
    shown: `E||${SHA1}|||never`,
    merge: 'unsigned',
    says: /^git-signet: refused: /,
  },
  {
    name: 'undecided: no log entry, and the network is forbidden',
    config: ALICE,
    commit: online,
    exit: 1,
    shown: 'E|',
    merge: 'unsigned',
    says: /^git-signet: cannot check: /,
  },
  {
    name: 'no trust material (S01)',
    config: NO_TRUST,
    commit: good,
    exit: 1,
    shown: `E||${NONE}|||undefined`,
    merge: 'unsigned',
    says: /^git-signet: .*trusted_root\.json/,
  },
];

const FORMAT = '--format=%G?|%GS|%GK|%GF|%GP|%GT';

describe('the outcome table', () => {
  it.each(rows)('$name: verify-commit and what it says', ({ config, commit, exit, says }) => {
    const ran = git(...config, 'verify-commit', commit);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toMatch(says);
  });

  it.each(rows)('$name: %G? %GS %GK %GF %GP %GT', ({ config, commit, shown }) => {
    const ran = git(...config, 'log', '--no-walk', FORMAT, commit);
    expect(ran.exit).toBe(0);
    if (shown.endsWith('|') && shown.length < 4) expect(ran.out.startsWith(shown)).toBe(true);
    else expect(ran.out).toBe(`${shown}\n`);
  });

  it.each(rows)('$name: merge --verify-signatures', ({ config, commit, merge }) => {
    must('update-ref', 'refs/heads/main', must('commit-tree', '-m', 'base', emptyTree));
    must('symbolic-ref', 'HEAD', 'refs/heads/main');
    // the commit's tree is not here, so the merge itself cannot end well: what counts is the answer before it
    const ran = git(...config, 'merge', '--no-commit', '--verify-signatures', '-s', 'ours', commit);
    const words = {
      ok: /has a good GPG signature/i,
      untrusted: /untrusted/i,
      bad: /bad GPG signature/i,
      unsigned: /does not have a GPG signature/i,
    };
    expect(ran.out + ran.err).toMatch(words[merge]);
  });
});

describe('gpg.minTrustLevel has its effect (S05, F5)', () => {
  const atLeast = (level: string, config: readonly string[]): boolean =>
    git(...config, '-c', `gpg.minTrustLevel=${level}`, 'verify-commit', good).exit === 0;
  it('a good signature has trust level fully, and not ultimate', () => {
    expect(
      ['undefined', 'marginal', 'fully', 'ultimate'].map((level) => atLeast(level, ALICE)),
    ).toEqual([true, true, true, false]);
  });
  it('trust level undefined does not pass as marginal', () => {
    expect(['undefined', 'marginal', 'fully'].map((level) => atLeast(level, []))).toEqual([
      true,
      false,
      false,
    ]);
  });
  it('trust level never does not pass', () => {
    expect(['undefined', 'never'].map((level) => atLeast(level, BOB))).toEqual([false, false]);
  });
});

describe('other objects', () => {
  it('git verify-tag accepts a signed annotated tag', () => {
    const id = write('tag', vector('tags/01-offline.tag'));
    const ran = git(...ALICE, 'verify-tag', id);
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.err).toMatch(/good signature by alice/);
  });

  it('git asks gpg about a signature of another kind, and does not call this program', () => {
    const ran = git('-c', 'gpg.openpgp.program=/bin/false', 'verify-commit', openPgp);
    expect(ran.exit).toBe(1);
    expect(ran.err).not.toContain('git-signet');
  });

  it('an unsigned commit has %G? N', () => {
    const unsigned = must('commit-tree', '-m', 'x', emptyTree);
    expect(must('log', '-1', '--format=%G?', unsigned)).toBe('N');
  });

  it('a signed commit in a SHA-256 repository is good for git', () => {
    const other = scratchRepository(
      'outcomes-sha256',
      { 'signet.trust': join(vectors, 'trust/trusted_root.json') },
      'sha256',
    );
    const id = other.write('commit', vector('sha256/01-offline.commit'));
    expect(other.git('verify-commit', id).err).toMatch(/good signature/);
  });

  it('git log --show-signature has one line for each commit, below the commit (S08)', () => {
    const ran = git(...ALICE, 'log', '-1', '--show-signature', '--format=%s', good);
    expect(ran.out.split('\n')[0]).toMatch(/^git-signet: good signature by alice@example\.test/);
    expect(ran.err).toBe('');
  });
});

describe('what git stores of a verdict', () => {
  it('git stores the same bytes in both runs of a day', () => {
    const fresh = scratchRepository('stored', {
      'signet.trust': join(vectors, 'trust/trusted_root.json'),
      'signet.offline': 'true',
    });
    const unchecked = ['-c', 'signet.trust='];
    for (const [config, file] of [
      [[], 'offline/01-plain.commit'],
      [[], 'tampered/01-message.commit'],
      [[], 'online/01-plain.commit'],
      [unchecked, 'offline/01-plain.commit'],
    ] as const) {
      const id = fresh.write('commit', vector(file));
      const stored = (): string => fresh.must(...config, 'log', '--no-walk', '--format=%GG', id);
      const first = stored();
      expect(first).toContain('git-signet: ');
      expect(stored(), file).toBe(first);
    }
    const tag = fresh.write('tag', vector('tags/01-offline.tag'));
    // git tells what it stored: `%(signature)` of for-each-ref is newer than the oldest git that runs this
    const told = (): string => fresh.git('verify-tag', tag).err;
    const first = told();
    expect(first).toMatch(/^git-signet: good signature by alice[^\n]*\n$/);
    expect(told()).toBe(first);
  });
});

describe.runIf(haveTools('script'))('remarks of the day', () => {
  it("a remark of the day goes to the terminal once, never into git's objects or a pager", () => {
    const fresh = scratchRepository('remarks', {
      'signet.trust': join(vectors, 'trust/trusted_root.json'),
      'signet.offline': 'true',
    });
    const id = fresh.write('commit', plain);
    const { GIT_TERMINAL_PROMPT: _, ...env } = fresh.env;
    const stored = join(fresh.home, 'stored');
    const [script, at] = [findProgram('script') ?? 'script', { cwd: fresh.path }];
    const atTerminal = (more: Record<string, string> = {}): readonly [string, string] => {
      const command = `git log --no-walk --format=%GG ${id} > '${stored}'`;
      const options = { ...at, env: { ...env, ...more } };
      const shown = run(script, ['-qec', command, '/dev/null'], options).out;
      return [shown, readFileSync(stored, 'utf8')];
    };
    const [paged, first] = atTerminal({ GIT_PAGER_IN_USE: '1' });
    expect([paged, first]).toEqual(['', expect.stringMatching(/^git-signet: good signature .*\n/)]);
    const [shown, second] = atTerminal();
    expect([shown, second]).toEqual([expect.stringContaining('no policy is configured'), first]);
    expect(atTerminal()).toEqual(['', first]);
  });
});

describe('what the repository holds does not run or decide', () => {
  it('a policy in the work tree decides nothing (P04)', () => {
    writeFileSync(join(path, '.signet.yaml'), readFileSync(policyFor('bob@example.test')));
    expect(must('log', '-1', '--format=%G?', good)).toBe('U');
    expect(git('-c', 'signet.policy=.signet.yaml', 'verify-commit', good).exit).toBe(1);
  });

  it('the policy of a revision decides (P04)', () => {
    const blob = must('hash-object', '-w', policyFor('alice@example.test'));
    const tree = repository
      .gitWith({ input: Buffer.from(`100644 blob ${blob}\t.signet.yaml\n`) }, 'mktree')
      .out.trim();
    must('update-ref', 'refs/heads/policy', must('commit-tree', '-m', 'policy', tree));
    expect(must('-c', 'signet.policy=policy:.signet.yaml', 'log', '-1', '--format=%G?', good)).toBe(
      'G',
    );
  });

  it('a git planted in the work tree is not run (I04)', () => {
    writeFileSync(join(path, 'git'), `#!/bin/sh\ntouch '${join(home, 'owned')}'\n`, {
      mode: 0o755,
    });
    const env = { PATH: `.::${repository.env['PATH']}` };
    expect(repository.gitWith({ env }, ...ALICE, 'verify-commit', good).exit).toBe(0);
    expect(() => readFileSync(join(home, 'owned'))).toThrow();
  });

  it('a hostile environment changes nothing (I03)', () => {
    const mark = join(home, 'traced');
    const env = { GIT_TRACE2_EVENT: mark, GIT_GRAFT_FILE: '/nowhere', GIT_CONFIG: '/nowhere' };
    expect(repository.gitWith({ env }, ...ALICE, 'verify-commit', good).exit).toBe(0);
  });
});
