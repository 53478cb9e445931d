/** `git signet serve` as a forge uses it: policies by name, refs that move, garbage, slow readers, signals, and clients. */

import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { carriedForge } from '../support/carried-forge.ts';
import { runMeanwhile } from '../support/git-repository.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { openServe } from '../support/serve-conversation.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, 'dist/node/git-signet.cjs');
const FORMS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ['program', [programUnderTest()]],
  ...(programUnderTest() === join(root, 'dist/git-signet')
    ? [['Node bundle', [process.execPath, '--no-memory-protection-keys', bundle]] as const]
    : []),
];
const trusting = () => ['--trusted-root', sandbox().files.trustedRoot, '--offline'];

/** A history whose policy changes: by alice, who may do that, and by bob, who may not. */
async function forge(name: string) {
  const scene = policyScene(name, sandbox());
  const { repository, commit, policy, branch, bob } = scene;
  const at = (sequence: number, more = '') =>
    policy(`sequence: ${sequence}\nchanges: [alice]\ncommits: [{merges: clean}]\n${more}`, bob);
  const base = await commit({ files: { '.signet.yaml': at(1) } });
  const good = await commit({
    parents: [base],
    files: { '.signet.yaml': at(1), a: 'a' },
    by: { email: 'bob@example.test' },
  });
  const takeover = await commit({
    parents: [good],
    files: { '.signet.yaml': at(2) },
    by: { email: 'bob@example.test' },
  });
  const stranger = await commit({
    parents: [good],
    files: { '.signet.yaml': at(1) },
    by: { email: 'mallory@example.test' },
  });
  const evil = await commit({ parents: [good, base], files: { '.signet.yaml': at(1), b: 'b' } });
  const later = await commit({
    parents: [good],
    files: { '.signet.yaml': policy('sequence: 2\nchanges: [alice]\n') },
  });
  branch('main', base);
  const raw = (id: string) => ({
    type: 'commit',
    raw: repository.gitWith({}, 'cat-file', 'commit', id).bytes.toString('base64'),
  });
  return { ...scene, base, good, takeover, stranger, evil, later, raw };
}

describe.each(FORMS)('the %s', (_name, form) => {
  it('a question can name only a policy of the start, and a moved ref counts from a reload on (P13, Q1, Q5)', async () => {
    const { repository, good, later, branch } = await forge('serve-policies');
    const args = [...trusting(), '--policy-from', 'main=main'];
    const talk = await openServe(repository, form, args);
    expect(Object.keys(talk.greeting.policies)).toEqual(['main']);
    const ask = (policy?: string) => talk.verdict({ object: good, policy });
    expect(await ask('main')).toBe('verified bob');
    for (const other of [
      undefined,
      '',
      'refs/heads/main',
      later,
      join(repository.home, 'p.yaml'),
    ]) {
      expect([other, await ask(other)]).toEqual([other, 'UNKNOWN_POLICY']);
    }
    expect(await talk.verdict({ object: good, policy: 'main', signers: [] })).toBe('BAD_QUESTION');
    // the branch moves: its new policy counts from a reload on, and bob is not in it
    branch('main', later);
    expect(await ask('main')).toBe('verified bob');
    talk.say({ id: 'again', reload: true });
    const { reloaded } = await talk.next();
    expect(reloaded?.policies['main']?.digest).not.toBe(talk.greeting.policies['main']?.digest);
    expect(await ask('main')).toBe('identity-not-allowed');
    expect(await talk.end()).toBe(0);
  });

  it('serve judges changes of the policy and merges as verify does (P04, P14, Q2)', async () => {
    const { repository, verify, base, good, takeover, stranger, evil, raw } =
      await forge('serve-same');
    const args = [...trusting(), '--policy-from', `main=${base}`];
    const talk = await openServe(repository, form, args);
    const all = [good, takeover, stranger, evil];
    const { said } = await verify('--policy-from', base, ...all);
    expect(all.map((id) => said.get(id))).toEqual([
      'verified bob',
      'policy-change-not-allowed',
      'identity-not-allowed',
      'merge-not-clean',
    ]);
    for (const id of all) {
      for (const about of [{ object: id }, raw(id)]) {
        const verdict = await talk.verdict({ ...about, policy: 'main' });
        expect([Object.keys(about), verdict]).toEqual([Object.keys(about), said.get(id)]);
      }
    }
    expect(await talk.verdict({ object: '1'.repeat(40), policy: 'main' })).toBe('NO_SUCH_OBJECT');
    const tree = repository.must('rev-parse', `${good}^{tree}`);
    expect(await talk.verdict({ object: tree, policy: 'main' })).toBe('NO_SUCH_OBJECT');
    await talk.end();
  });

  it('serve judges a squash that revokes its own signer as verify does (J2, Q2)', async () => {
    const { repository, policy, bob, work, squash, pull, verify, issuer, now } = carriedForge(
      'serve-carried',
      sandbox(),
    );
    const time = (at: number): string => new Date(at * 1000).toISOString().replace('.000', '');
    const text = (sequence: number, more = '') =>
      policy(
        `sequence: ${sequence}\nchanges: [alice]\ncommits: [{carried: {how: [squash]}}]\n${more}`,
        bob,
      );
    const entry = `{identity: alice@example.test, issuer: '${issuer}', from: '${time(now - 3600)}', until: '${time(now + 3600)}', reason: lost}`;
    const base = await work(undefined, { '.signet.yaml': text(1) });
    const land = async (number: number, more: string) => {
      const head = await work(base, { '.signet.yaml': text(2, more) });
      pull(number, head);
      return squash(base, head, `Change (#${number})`);
    };
    const plain = await land(1, '# more\n');
    const revoking = await land(2, `revoked: [${entry}]\n`);
    const ref = ['--ref', 'refs/heads/main'];
    const { said } = await verify('--policy-from', base, ...ref, plain, revoking);
    expect([said.get(plain), said.get(revoking)]).toEqual(['verified alice', 'unsigned']);
    const named = ['--ref', 'main=refs/heads/main', '--policy-from', `main=${base}`];
    const talk = await openServe(repository, form, [...trusting(), ...named]);
    for (const id of [plain, revoking]) {
      expect(await talk.verdict({ object: id, policy: 'main' })).toBe(said.get(id));
    }
    await talk.end();
  });

  it('questions about merges at once share one private repository, which is gone at the end (P14, Q2)', async () => {
    const { repository, commit, policy, base } = await forge('serve-merges');
    const files = (more: Record<string, string>) => ({
      '.signet.yaml': policy('commits: [{merges: clean}]\n'),
      ...more,
    });
    const root = await commit({ files: files({}) });
    const side = (name: string, parent = root, more = {}) =>
      commit({ parents: [parent], files: files({ ...more, [name]: name }) });
    const [one, two, three] = [await side('one'), await side('two'), await side('three')];
    const both = { one: 'one', two: 'two' };
    const merge = await commit({ parents: [one, two], files: files(both) });
    // its parent has the tree that git made for the merge before it
    const again = await commit({
      parents: [merge, three],
      files: files({ ...both, three: 'three' }),
    });
    const evil = await commit({ parents: [one, three], files: files({ one: 'one', x: 'x' }) });
    const temporary = join(repository.home, `temporary-${base.slice(0, 8)}`);
    mkdirSync(temporary);
    const here = { path: repository.path, env: { ...repository.env, TMPDIR: temporary } };
    const talk = await openServe(here, form, [...trusting(), '--policy-from', `m=${root}`]);
    const wanted = [merge, again, evil].flatMap((id) => Array<string>(8).fill(id));
    for (const [at, object] of wanted.entries()) talk.say({ id: `${at}`, object, policy: 'm' });
    const said = new Map<string, string>();
    for (const _ of wanted) {
      const { id, result, error } = await talk.next();
      said.set(id ?? '', error?.code ?? result?.code ?? result?.status ?? '');
    }
    for (const [at, id] of wanted.entries()) {
      expect(said.get(`${at}`)).toBe(id === evil ? 'merge-not-clean' : 'verified');
    }
    expect(readdirSync(temporary).filter((name) => name.includes('private'))).toHaveLength(1);
    expect(await talk.end()).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('bytes outside of a repository do not pass where only the repository can tell (P04, Q3)', async () => {
    const { repository, file, policy, bob, takeover, stranger, raw } = await forge('serve-bytes');
    const path = file(policy('changes: [alice]\n', bob));
    const outside = { path: scratchDirectory('outside'), env: repository.env };
    const talk = await openServe(outside, form, [...trusting(), '--policy', `p=${path}`]);
    const ask = (about: object) => talk.verdict({ ...about, policy: 'p' });
    expect(await ask({ object: takeover })).toBe('NO_REPOSITORY');
    expect(await ask(raw(takeover))).toBe('REPOSITORY_NEEDED');
    // the asker says that it knows
    expect(await ask({ ...raw(takeover), alone: true })).toBe('verified bob');
    expect(await ask({ ...raw(stranger), alone: true })).toBe('identity-not-allowed');
    // and a policy that can no longer be read decides nothing
    writeFileSync(path, 'version: 1\n');
    expect(await talk.verdict({ reload: true })).toBe('POLICY_FILE');
    expect(await ask({ ...raw(takeover), alone: true })).toBe('POLICY_FILE');
    await talk.end();
  });

  it('garbage is answered, and the end of the input loses no answer (Q6)', async () => {
    const { repository, base, good } = await forge('serve-garbage');
    const talk = await openServe(repository, form, [...trusting(), '--policy-from', `m=${base}`]);
    talk.say(`${'['.repeat(100_000)}\n`);
    talk.say(Buffer.from([0xff, 0x0a]).toString('latin1'));
    talk.say(`${'x'.repeat(46_000_000)}\n`);
    for (let i = 0; i < 3; i += 1) {
      expect(await talk.next()).toMatchObject({ id: null, error: { code: 'BAD_LINE' } });
    }
    for (let i = 0; i < 200; i += 1) talk.say({ id: `q${i}`, object: good, policy: 'm' });
    const exit = talk.end();
    const ids = new Set<string | null>();
    for (let i = 0; i < 200; i += 1) {
      const { id, result } = await talk.next();
      expect(result?.status).toBe('verified');
      ids.add(id);
    }
    expect([ids.size, await exit]).toEqual([200, 0]);
  });

  it('a signal ends a server, even if its asker reads nothing (Q7)', async () => {
    const { repository, base, good } = await forge('serve-signal');
    const args = [...trusting(), '--policy-from', `m=${base}`];
    const idle = await openServe(repository, form, args);
    const ended = once(idle.child, 'exit');
    idle.child.kill('SIGTERM');
    expect(await ended).toEqual([143, null]);

    const stuck = await openServe(repository, form, args);
    stuck.child.stdout.pause();
    const closed = once(stuck.child, 'exit');
    // more answers than a pipe holds
    for (let i = 0; i < 1000; i += 1) stuck.say({ id: `q${i}`, object: good, policy: 'm' });
    while ((stuck.child.stdin as { readonly writableLength?: number }).writableLength !== 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (stuck.child.stdout.readableLength > 0) break;
    }
    stuck.child.kill('SIGTERM');
    const [code, signal] = await closed;
    expect([143, 'SIGTERM']).toContain(code ?? signal);
  });
});

it('serve does not start without a policy, or with one that it cannot use', async () => {
  const { repository, policy, file } = await forge('serve-start');
  const good = file(policy());
  const exitOf = async (...args: string[]) => {
    const { exit } = await signet(repository, ['serve', ...args, ...trusting()]);
    return exit;
  };
  expect(await exitOf('--stdio', '--policy', `p=${good}`)).toBe(0);
  const refused = [
    [],
    ['--policy', `p=${good}`],
    ['--stdio'],
    ['--stdio', '--policy', good],
    ['--stdio', '--policy', `=${good}`],
    ['--stdio', '--policy', `p=${good}`, '--policy', `p=${good}`],
    ['--stdio', '--policy', `p=${good}.absent`],
    ['--stdio', '--policy-from', 'p=parents'],
    ['--stdio', '--policy-from', 'p=no-such-branch'],
    ['--stdio', '--policy', `p=${good}`, '--ref', 'q=refs/heads/main'],
    ['--stdio', '--policy', `p=${good}`, '--ref', 'p=main'],
  ];
  for (const args of refused) expect([args, await exitOf(...args)]).toEqual([args, 2]);
});

describe('the clients in examples/', () => {
  const clients: readonly (readonly [string, readonly [string, ...string[]], boolean])[] = [
    ['TypeScript', [process.execPath, join(root, 'examples/serve-client.ts')], true],
    ['Go', ['go', 'run', join(root, 'examples/serve-client.go')], haveTools('go')],
  ];
  it.each(clients)(
    'the %s client shows each verdict, and fails for a stranger',
    async (_, words, have) => {
      if (!have) return;
      const { repository, file, policy, bob, good, stranger } = await forge('serve-client');
      const path = file(policy('', bob));
      const [program, ...before] = words;
      const env = {
        ...repository.env,
        GIT_SIGNET: programUnderTest(),
        SIGNET_OFFLINE: 'true',
        GOCACHE: process.env['GOCACHE'] ?? join(tmpdir(), 'git-signet-go-build'),
      };
      repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
      const ask = async (...hashes: string[]) => {
        const { out, exit } = await runMeanwhile(program, [...before, path, ...hashes], {
          ...{ cwd: repository.path, env },
        });
        return { exit, lines: out.trim().split('\n').toSorted() };
      };
      expect(await ask(good)).toEqual({ exit: 0, lines: [`${good} verified bob@example.test`] });
      const { exit, lines } = await ask(good, stranger, '1'.repeat(40));
      expect(exit).toBe(1);
      expect(lines).toHaveLength(3);
      expect(lines.join('\n')).toContain(`${stranger} not-allowed mallory@example.test`);
      expect(lines.join('\n')).toContain('NO_SUCH_OBJECT');
    },
    // the first build of a Go program compiles its libraries
    300_000,
  );
});
