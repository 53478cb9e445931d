/** `verify` over real repositories: what is in a range, what counts as nothing, and what each outcome exits with. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { useSandbox } from '../support/sandbox.ts';
import {
  resultsOf,
  signer,
  signet,
  verdictsOf,
  withSignature,
} from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const jsonl = ['--format', 'jsonl', '--offline'] as const;

/** base ← a ← b ← merge(b, side) with side off base: `verify base..main` must see a, b, side and the merge. */
async function graph() {
  const repository = scratchRepository('range');
  const make = signer(repository, sandbox());
  const base = await make.commit({ subject: 'base' });
  const a = await make.commit({ parents: [base], subject: 'a' });
  const b = await make.commit({ parents: [a], subject: 'b' });
  const side = await make.commit({ parents: [base], subject: 'side' });
  const merge = await make.commit({ parents: [b, side], subject: 'merge' });
  repository.must('update-ref', 'refs/heads/main', merge);
  repository.must('update-ref', 'refs/heads/base', base);
  return { repository, make, base, a, b, side, merge };
}

describe('what is verified', () => {
  it('a range is verified along every parent, without commits of the base (P06)', async () => {
    const { repository, make, a, b, side, merge } = await graph();
    const answered = await signet(repository, ['verify', ...make.allow(), ...jsonl, 'base..main']);
    expect(answered.exit).toBe(0);
    expect([...verdictsOf(answered).keys()].sort()).toEqual([a, b, side, merge].sort());
  });

  it('three dots verify the commits that only one side has (P06)', async () => {
    const { repository, make, b, a, side } = await graph();
    repository.must('update-ref', 'refs/heads/side', side);
    repository.must('update-ref', 'refs/heads/b', b);
    const answered = await signet(repository, ['verify', ...make.allow(), ...jsonl, 'b...side']);
    expect([...verdictsOf(answered).keys()].sort()).toEqual([a, b, side].sort());
  });

  it('without an argument HEAD is verified, in one sentence', async () => {
    const { repository, make, merge } = await graph();
    const answered = await signet(repository, ['verify', ...make.allow()]);
    expect(answered).toMatchObject({ exit: 0, talk: '' });
    expect(answered.out).toMatch(
      /^good signature by alice@example\.test \(http:.*\), logged .*\n$/,
    );
    const json = await signet(repository, ['verify', ...make.allow(), ...jsonl]);
    expect(resultsOf(json)).toMatchObject([{ objectId: merge, ref: 'HEAD', rule: 'flags' }]);
  });

  it('the name of a tag means its commit, and its full hash means the tag', async () => {
    const { repository, make, merge } = await graph();
    const tag = await make.tag(merge, 'commit', 'v1');
    repository.must('update-ref', 'refs/tags/v1', tag);
    const named = await signet(repository, ['verify', ...make.allow(), ...jsonl, 'v1']);
    expect(resultsOf(named)).toMatchObject([
      { objectId: merge, objectType: 'commit', ref: 'refs/tags/v1' },
    ]);
    const exact = await signet(repository, ['verify', ...make.allow(), ...jsonl, tag]);
    expect(resultsOf(exact)).toMatchObject([{ objectId: tag, objectType: 'tag' }]);
  });

  it('--stdin takes names and hashes, in their order', async () => {
    const { repository, make, a, base, merge } = await graph();
    const input = `${a}\nmain\n\nbase\n${a.slice(0, 12)}\n`;
    const answered = await signet(repository, ['verify', ...make.allow(), ...jsonl, '--stdin'], {
      input,
    });
    expect(resultsOf(answered).map(({ objectId }) => objectId)).toEqual([a, merge, base, a]);
  });

  it('--format json is one document that the schema describes', async () => {
    const { repository, make, a } = await graph();
    const bad = await make.tampered({ parents: [a] });
    const answered = await signet(repository, [
      ...['verify', ...make.allow(), '--format', 'json', '--offline'],
      ...['base..main', bad, make.unsigned()],
    ]);
    const url = new URL('../../schema/verify-result.schema.json', import.meta.url);
    const document: unknown = JSON.parse(answered.out);
    const schema = JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;
    expect(schemaFaults(document, schema)).toEqual([]);
    expect(document).toMatchObject({
      counts: { verified: 4, refused: 1, unsigned: 1 },
      policy: { source: 'the flags' },
    });
  });
});

describe('nothing to check is never a pass', () => {
  const error = async (args: readonly string[], input?: string) => {
    const { repository, make } = await graph();
    const all = ['verify', ...make.allow(), ...jsonl, ...args];
    return signet(repository, all, input === undefined ? {} : { input });
  };

  it('an empty range is an error (P05)', async () => {
    const answered = await error(['main..base']);
    expect(answered).toMatchObject({ exit: 2, out: '' });
    expect(answered.talk).toContain('main..base: there are no commits in this range');
  });

  it.each([
    ['a missing base', 'nowhere..main'],
    ['a missing tip', 'base..nowhere'],
    ['a base that does not exist in this clone', `${'1'.repeat(40)}..main`],
    ['a missing revision', 'nowhere'],
    ['a missing object', '1'.repeat(40)],
    ['a tree', 'main^{tree}'],
    ['a file', 'main:file'],
  ])('%s (P05)', async (_, revision) => {
    expect(await error([revision])).toMatchObject({ exit: 2, out: '' });
  });

  it('standard input without a name is an error (P05)', async () => {
    expect(await error(['--stdin'], '')).toMatchObject({ exit: 2, out: '' });
    expect(await error(['--stdin'], '\n \n')).toMatchObject({ exit: 2, out: '' });
  });

  it('one missing name among good ones is an error (P05)', async () => {
    expect((await error(['--stdin'], 'main\nnowhere\n')).exit).toBe(2);
  });

  it('a tree by its full hash, and a range on standard input, are errors (P05)', async () => {
    const { repository, make } = await graph();
    const tree = repository.must('mktree');
    const answered = await signet(repository, ['verify', ...make.allow(), tree]);
    expect(answered.exit).toBe(2);
    expect(answered.talk).toContain('is a tree');
    expect((await error(['--stdin'], 'base..main\n')).exit).toBe(2);
  });

  it('a range that a shallow clone cuts off is an error, and a whole one is not (P06)', async () => {
    const { repository, make, b } = await graph();
    const clone = join(repository.home, 'shallow');
    repository.must(
      'clone',
      '-q',
      '--depth=2',
      '--no-local',
      pathToFileURL(repository.path).href,
      clone,
    );
    const there = { path: clone, env: repository.env };
    const whole = await signet(there, ['verify', ...make.allow(), ...jsonl, `${b}..main`]);
    // side and b are the boundary: side's parents are cut off, so the range may lack commits
    expect(whole).toMatchObject({ exit: 2, out: '' });
    expect(whole.talk).toContain('this shallow clone ends at');
    expect(whole.talk).toContain('git fetch --unshallow');
    const tip = await signet(there, ['verify', ...make.allow(), ...jsonl, 'main']);
    expect(tip.exit).toBe(0);
    const linear = repository.must('commit-tree', '-p', b, '-m', 'x', `${b}^{tree}`);
    repository.must('update-ref', 'refs/heads/linear', linear);
    const deep = join(repository.home, 'deep');
    repository.must(
      ...['clone', '-q', '--depth=3', '--no-local', '-b', 'linear'],
      pathToFileURL(repository.path).href,
      deep,
    );
    const inside = await signet({ path: deep, env: repository.env }, [
      'verify',
      ...make.allow(),
      ...jsonl,
      `${b}..HEAD`,
    ]);
    expect(inside.exit).toBe(5);
  });
});

describe('which signers may pass', () => {
  it.each([
    ['no signers', []],
    ['an identity without an issuer (P03)', ['--certificate-identity', 'a@x']],
    ['an issuer without an identity', ['--certificate-oidc-issuer', 'https://x']],
    ['a workflow alone', ['--certificate-github-workflow-repository', 'a/b']],
    ['an empty identity', ['--certificate-identity', '', '--certificate-oidc-issuer', 'https://x']],
    [
      'a pattern that breaks out',
      ['--certificate-identity-regexp', 'a)|(b', '--certificate-oidc-issuer', 'https://x'],
    ],
    [
      'flags and any identity',
      ['--unsafe-any-identity', '--certificate-identity', 'a', '--certificate-oidc-issuer', 'b'],
    ],
    ['a policy and any identity', ['--unsafe-any-identity', '--policy', 'x']],
    ['two policies', ['--policy', 'x', '--policy-from', 'main']],
    ['a format that is not there', ['--unsafe-any-identity', '--format', 'yaml']],
    ['no jobs', ['--unsafe-any-identity', '--jobs', '0']],
    ['a gitsign flag that did nothing there (F3)', ['--unsafe-any-identity', '--ca-roots', 'x']],
  ])('verify with %s exits with 2 before anything is judged', async (_, flags) => {
    const { repository } = await graph();
    const answered = await signet(repository, [
      'verify',
      '--trusted-root',
      sandbox().files.trustedRoot,
      ...flags,
    ]);
    expect(answered).toMatchObject({ exit: 2, out: '' });
    expect(answered.talk).not.toBe('');
  });

  it('verify without a policy says what to add', async () => {
    const { repository } = await graph();
    expect((await signet(repository, ['verify'])).talk).toContain('--certificate-oidc-issuer');
  });

  it('a signer must match both the exact value and the pattern', async () => {
    const { repository } = await graph();
    const trusted = ['--trusted-root', sandbox().files.trustedRoot];
    const exits = async (...flags: string[]) =>
      (await signet(repository, ['verify', ...trusted, ...flags])).exit;
    const identity = ['--certificate-identity', 'alice@example.test'];
    const issuer = ['--certificate-oidc-issuer-regexp', 'http://127\\.0\\.0\\.1:\\d+'];
    expect(await exits(...identity, ...issuer)).toBe(0);
    expect(
      await exits(...identity, '--certificate-identity-regexp', '.*@example\\.test', ...issuer),
    ).toBe(0);
    expect(await exits(...identity, '--certificate-identity-regexp', 'bob@.*', ...issuer)).toBe(6);
    expect(await exits('--certificate-identity-regexp', 'lice@example.tes', ...issuer)).toBe(6);
    expect(await exits(...identity, ...issuer, '--certificate-github-workflow-ref', 'x')).toBe(6);
  });

  it('a policy file and the policy of a revision report the rule by name', async () => {
    const { repository, make } = await graph();
    const policy = `version: 1\nsigners:\n  - name: alice\n    identity: alice@example.test\n    issuer: ${sandbox().urls.issuer}\n`;
    writeFileSync(join(repository.path, '.signet.yaml'), policy);
    const trusted = ['verify', '--trusted-root', sandbox().files.trustedRoot, ...jsonl];
    const file = await signet(repository, [...trusted, '--policy', '.signet.yaml', 'main']);
    expect(resultsOf(file)).toMatchObject([{ status: 'verified', rule: 'alice' }]);
    repository.must('add', '.signet.yaml');
    repository.must('-c', 'commit.gpgsign=false', 'commit', '-q', '-m', 'policy');
    const bob = await make.commit({ subject: 'bob' }, { email: 'bob@example.test' });
    const revision = await signet(repository, [...trusted, '--policy-from', 'main', bob]);
    expect(revision.exit).toBe(6);
    expect(resultsOf(revision)).toMatchObject([
      { status: 'not-allowed', code: 'identity-not-allowed' },
    ]);
    expect((await signet(repository, [...trusted, '--policy-from', 'base', bob])).exit).toBe(2);
  });
});

describe('outcomes', () => {
  it('each verdict has its exit code, and the gravest one decides (S12, G13, P07)', async () => {
    const repository = scratchRepository('outcomes');
    const make = signer(repository, sandbox());
    const object = {
      verified: await make.commit(),
      refused: await make.tampered({ subject: 'tampered' }),
      notAllowed: await make.commit({ subject: 'bob' }, { email: 'bob@example.test' }),
      unsigned: make.unsigned({ subject: 'unsigned' }),
      undecided: await make.commit({ subject: 'online' }, { rekor: 'none' }),
    };
    const exit = async (...names: (keyof typeof object)[]) => {
      const ids = names.map((name) => object[name]);
      return (await signet(repository, ['verify', ...make.allow(), ...jsonl, ...ids])).exit;
    };
    expect(await exit('verified')).toBe(0);
    expect(await exit('undecided')).toBe(3);
    expect(await exit('unsigned')).toBe(5);
    expect(await exit('notAllowed')).toBe(6);
    expect(await exit('refused')).toBe(1);
    expect(await exit('verified', 'undecided')).toBe(3);
    expect(await exit('undecided', 'unsigned', 'verified')).toBe(5);
    expect(await exit('unsigned', 'notAllowed', 'undecided')).toBe(6);
    expect(await exit('notAllowed', 'refused', 'unsigned', 'verified')).toBe(1);
  });

  it('a commit rewritten without its signature is unsigned in every format (G13)', async () => {
    const repository = scratchRepository('stripped');
    const make = signer(repository, sandbox());
    const stripped = make.unsigned({ subject: 'stripped' });
    for (const format of ['text', 'json', 'jsonl']) {
      const answered = await signet(repository, [
        'verify',
        ...make.allow(),
        '--format',
        format,
        stripped,
      ]);
      expect(answered.exit).toBe(5);
      expect(answered.out).toContain('unsigned');
    }
  });

  it('a replacement and a graft change nothing (G10)', async () => {
    const { repository, make, merge, a } = await graph();
    const evil = make.unsigned({ parents: [a], subject: 'evil' });
    repository.must('replace', merge, evil);
    writeFileSync(join(repository.path, '.git/info/grafts'), `${merge}\n`);
    const answered = await signet(repository, ['verify', ...make.allow(), ...jsonl, 'base..main']);
    expect(answered.exit).toBe(0);
    expect(resultsOf(answered).length).toBe(4);
    const reversed = await signet(repository, ['verify', ...make.allow(), ...jsonl, evil]);
    expect(reversed.exit).toBe(5);
  });

  it('commits of a SHA-256 repository are verified (G12)', async () => {
    const repository = scratchRepository('sha256', {}, 'sha256');
    const make = signer(repository, sandbox());
    const good = await make.commit({ format: 'sha256' });
    const next = await make.commit({ format: 'sha256', parents: [good], subject: 'next' });
    const other = repository.write(
      'commit',
      withSignature(
        `tree ${repository.must('mktree')}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nx\n`,
        'gpgsig of another algorithm',
        'gpgsig',
      ),
    );
    const answered = await signet(repository, [
      'verify',
      ...make.allow(),
      ...jsonl,
      `${good}..${next}`,
      good,
      other,
    ]);
    expect(verdictsOf(answered)).toEqual(
      new Map([
        [next, 'verified'],
        [good, 'verified'],
        [other, 'unsigned unsigned'],
      ]),
    );
  });

  it('an object of more than 32 MiB is undecided by its size (I05)', async () => {
    const repository = scratchRepository('large');
    const make = signer(repository, sandbox());
    const large = make.unsigned({ subject: 'x'.repeat(33 * 1024 * 1024) });
    const good = await make.commit({ parents: [large] });
    const answered = await signet(repository, [
      'verify',
      ...make.allow(),
      ...jsonl,
      good,
      large,
      good,
    ]);
    expect(answered.exit).toBe(3);
    expect(resultsOf(answered).map(({ status, code }) => code ?? status)).toEqual([
      ...['verified', 'object-too-large', 'verified'],
    ]);
  });
});
