/**
 * One history of all kinds: people, a workflow, GitHub's squashes, an SSH key, what is older than `since`, what is forged.
 * No object that GitHub signed is at hand here, so two OpenPGP keys made for the test stand in for its keys, with the
 * same dates and by the same mechanism; the preset's own keys are read by id and date in its unit test.
 */

import { describe, expect, it } from 'vitest';
import { type By, openPgpPerson, policyScene, sshPerson } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const EXPIRED = new Date('2024-01-16T20:00:00Z');
const MADE_2017 = new Date('2017-08-16T15:44:01Z');
const GITHUB = 'https://token.actions.githubusercontent.com';

const workflow = (repository: string): By =>
  ({
    principal: {
      san: {
        kind: 'uri',
        value: `https://github.com/${repository}/.github/workflows/bot.yml@refs/heads/main`,
      },
      challenge: 'bot',
      issuer: GITHUB,
      extensions: {
        12: `https://github.com/${repository}`,
        14: 'refs/heads/main',
        18: `https://github.com/${repository}/.github/workflows/bot.yml@refs/heads/main`,
        20: 'schedule',
      },
    },
  }) as By;

/** The two keys that stand in for web-flow's, and the policy that pins them. */
async function keys() {
  const lifetime = (EXPIRED.getTime() - MADE_2017.getTime()) / 1000;
  const during = new Date('2023-06-01T00:00:00Z');
  const old = await openPgpPerson('GitHub (web-flow)', {
    date: MADE_2017,
    signsAt: during,
    expires: lifetime,
  });
  const fresh = await openPgpPerson('GitHub', {
    date: new Date('2024-01-16T18:05:42Z'),
    signsAt: new Date('2025-01-01T00:00:00Z'),
  });
  const forged = await openPgpPerson('GitHub', {
    date: new Date('2020-01-01T00:00:00Z'),
    signsAt: during,
  });
  const signers = `  - name: web-flow-2017
    from: '2017-08-16T15:44:01Z'
    until: '2024-01-16T20:00:00Z'
    committers: [noreply@github.com]
    openpgp: |
${old.indented}
  - name: web-flow
    committers: [noreply@github.com]
    openpgp: |
${fresh.indented}
`;
  return { old, fresh, forged, signers };
}

describe('an SSH signature whose key no policy pins', () => {
  it('is named with its key by verify, show and explain, and the printed line pins it', async () => {
    const { repository, commit, branch, policy, file } = policyScene('unpinned', sandbox());
    const dave = sshPerson(repository, 'dave');
    const eve = sshPerson(repository, 'eve');
    branch('main', await commit({ by: { armor: (payload) => dave.armor(payload) } }));
    const by = (path: string) => [
      ...['--trusted-root', sandbox().files.trustedRoot, '--offline', '--policy', path],
    ];
    const none = file(policy());
    const other = file(policy('', `  - {name: eve, ssh: '${eve.line}'}\n`), 'other.yaml');
    const [type, base64] = dave.line.split(' ');
    const line = `- {name: NAME, ssh: '${type} ${base64}'}`;
    const verified = await signet(repository, ['verify', ...by(none), 'main']);
    expect([verified.exit, verified.out]).toEqual([3, expect.stringContaining(line)]);
    expect(verified.out).toMatch(/signed with SSH key SHA256:[A-Za-z0-9+/]{43}, which no policy/);
    const shown = await signet(repository, ['show', 'main']);
    expect([shown.exit, shown.talk]).toEqual([3, expect.stringContaining(line)]);
    const explained = await signet(repository, ['policy', 'explain', 'main', ...by(none)]);
    expect([explained.exit, explained.out]).toEqual([3, expect.stringContaining(line)]);
    const beside = await signet(repository, ['verify', ...by(other), 'main']);
    expect([beside.exit, beside.out]).toEqual([6, expect.stringContaining(line)]);
    const printed = /- \{name: NAME, ssh: '[^']+'\}/.exec(verified.out)?.[0] ?? '';
    const pinned = file(policy('', `  ${printed.replace('NAME', 'dave')}\n`), 'pinned.yaml');
    const passed = await signet(repository, ['verify', ...by(pinned), 'main']);
    expect([passed.exit, passed.out]).toEqual([0, expect.stringContaining('by dave, SSH key')]);
  });
});

describe('an OpenPGP signature whose key no policy pins', () => {
  const by = (path: string) => [
    ...['--trusted-root', sandbox().files.trustedRoot, '--offline', '--policy', path],
  ];

  it('is named with its fingerprint by verify, show and explain, and the printed line pins it', async () => {
    const { repository, commit, branch, policy, file } = policyScene('unpinned-pgp', sandbox());
    const [dave, eve] = [await openPgpPerson('dave'), await openPgpPerson('eve')];
    branch('main', await commit({ by: dave }));
    const none = file(policy());
    const other = file(
      policy('', `  - name: eve\n    openpgp: |\n${eve.indented}\n`),
      'other.yaml',
    );
    const line = `- {name: NAME, openpgp: KEY}, with KEY from: gpg --export --armor ${dave.fingerprint}`;
    const named = `signed with OpenPGP key ${dave.fingerprint}, which`;
    const verified = await signet(repository, ['verify', ...by(none), 'main']);
    expect([verified.exit, verified.out]).toEqual([3, expect.stringContaining(line)]);
    expect(verified.out).toContain(named);
    const results = await signet(repository, ['verify', ...by(none), '--format', 'jsonl', 'main']);
    expect(JSON.parse(results.out)).toMatchObject({
      ...{ status: 'undecided', code: 'signature-kind-unsupported' },
      claimedSigner: { kind: 'openpgp', value: dave.fingerprint },
    });
    const shown = await signet(repository, ['show', 'main']);
    expect([shown.exit, shown.talk]).toEqual([3, expect.stringContaining(line)]);
    const explained = await signet(repository, ['policy', 'explain', 'main', ...by(none)]);
    expect([explained.exit, explained.out]).toEqual([3, expect.stringContaining(line)]);
    const beside = await signet(repository, ['verify', ...by(other), 'main']);
    expect([beside.exit, beside.out]).toEqual([6, expect.stringContaining(line)]);
    const printed = /- \{name: NAME, openpgp: KEY\}/.exec(verified.out)?.[0] ?? '';
    const key = JSON.stringify(`${dave.indented.replaceAll(/^ {6}/gm, '')}\n`);
    const pin = printed.replace('NAME', 'dave').replace('KEY', () => key);
    const pinned = file(policy('', `  ${pin}\n`), 'pinned.yaml');
    const passed = await signet(repository, ['verify', ...by(pinned), 'main']);
    expect([passed.exit, passed.out]).toEqual([
      0,
      expect.stringContaining(`by dave, OpenPGP key ${dave.fingerprint}`),
    ]);
  });

  it.each<[string, string, string]>([
    [
      '0011223344556677',
      'is named by it, and the words say that an id is no proof',
      'The signature names only an id, which another key can have too.',
    ],
    [
      'B5690EEEBB952194',
      'that GitHub has leads to the preset',
      'If GitHub made it, add: - {name: NAME, preset: github-web-flow}',
    ],
  ])('with only the id %s of its key %s', async (id, _, says) => {
    const { repository, commit, branch, policy, file } = policyScene('unpinned-id', sandbox());
    // version 4, one subpacket: the issuer's id
    const packet = Buffer.from(`c21704000108000a0910${id}000000000001ff`, 'hex').toString('base64');
    const armor = `-----BEGIN PGP SIGNATURE-----\n\n${packet}\n-----END PGP SIGNATURE-----\n`;
    branch('main', await commit({ by: { armor: () => armor } }));
    const { exit, out } = await signet(repository, ['verify', ...by(file(policy())), 'main']);
    expect(exit).toBe(3);
    expect(out).toContain(`signed with OpenPGP key id ${id}, which no policy pins. ${says}`);
  });
});

async function mixed() {
  const scene = policyScene('mixed', sandbox());
  const { commit, policy, bob, issuer, repository, branch, file } = scene;
  const { old, fresh, forged, signers } = await keys();
  const ssh = sshPerson(repository, 'dave');
  const text = (since: string) =>
    policy(
      `since: ${since}\ncommits: [{committer: match, merges: passing}]\n`,
      `${bob}  - {name: carol, identity: carol@example.test, issuer: '${issuer}', until: 2020-01-01}
  - {name: bot, committers: [bot@example.test], workflow: {repository: acme/app, file: .github/workflows/bot.yml, ref: refs/heads/main, trigger: schedule}}
  - {name: dave, ssh: 'dave@example.test ${ssh.line}'}
${signers}`,
    );
  const ids: Record<string, string> = {};
  let tip: string | undefined;
  const add = async (name: string, fields: Parameters<typeof commit>[0] = {}): Promise<string> => {
    const parents = fields?.parents ?? (tip === undefined ? [] : [tip]);
    tip = await commit({ subject: name, ...fields, parents });
    ids[name] = tip;
    return tip;
  };
  const noreply = { committer: 'noreply@github.com' };
  await add('before since', { by: 'nobody' });
  const since = await add('since itself', { by: 'nobody' });
  await add('alice');
  await add('bob', { by: { email: 'bob@example.test' } });
  await add('workflow', { by: workflow('acme/app'), committer: 'bot@example.test' });
  await add('fork of the workflow', { by: workflow('evil/app'), committer: 'bot@example.test' });
  await add('squash of 2017', {
    by: old,
    ...noreply,
    date: Date.parse('2023-06-01T00:00:00Z') / 1000,
  });
  await add('squash of 2024', {
    by: fresh,
    ...noreply,
    date: Date.parse('2025-01-01T00:00:00Z') / 1000,
  });
  await add('ssh', {
    by: { armor: (payload) => ssh.armor(payload) },
    committer: 'dave@example.test',
  });
  await add('expired signer', { by: { email: 'carol@example.test' } });
  await add('forged noreply, own key', { by: forged, ...noreply });
  await add('forged noreply, own login', { ...noreply });
  await add('noreply, unsigned', { by: 'nobody', ...noreply });
  const before = tip ?? '';
  const side = await add('hidden', { by: 'nobody', parents: [before] });
  await add('merge', { parents: [before, side] });
  await add('tampered', { tampered: true });
  await add('ssh of another', {
    by: { armor: (payload) => sshPerson(repository, 'eve').armor(payload) },
  });
  await add('ssh for another purpose', {
    by: { armor: (payload) => ssh.armor(payload, 'file') },
    committer: 'dave@example.test',
  });
  branch('main', tip ?? '');
  return { ...scene, ids, path: file(text(since)), first: ids['before since'] ?? '' };
}

const EXPECTED: Readonly<Record<string, string>> = {
  alice: 'verified alice',
  bob: 'verified bob',
  workflow: 'verified bot',
  'fork of the workflow': 'identity-not-allowed',
  'squash of 2017': 'verified web-flow-2017',
  'squash of 2024': 'verified web-flow',
  ssh: 'verified dave',
  'expired signer': 'signer-out-of-dates',
  'forged noreply, own key': 'key-not-pinned',
  'forged noreply, own login': 'committer-differs',
  'noreply, unsigned': 'unsigned',
  hidden: 'unsigned',
  merge: 'merge-parent-not-verified',
  tampered: 'content-digest-differs',
  'ssh of another': 'key-not-pinned',
  'ssh for another purpose': 'signature-invalid',
};

describe.runIf(haveTools('ssh-keygen'))('a mixed history (P08)', () => {
  it('each commit of a mixed history has its verdict (P08)', async () => {
    const { verify, ids, path, first, repository } = await mixed();
    const { said, exit, out } = await verify('--policy', path, `${first}..main`);
    const byName = Object.fromEntries(
      Object.entries(ids).map(([name, id]) => [name, said.get(id)]),
    );
    expect(byName).toEqual({ 'before since': undefined, 'since itself': undefined, ...EXPECTED });
    expect(exit).toBe(1);
    expect(out).toContain('"kind":"openpgp"');
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline', '--policy', path];
    const table = (await signet(repository, ['verify', ...trust, `${first}..main`])).out;
    expect(table).toMatch(
      /^verified {4}\S+ {2}web-flow-2017 \(OpenPGP key [0-9A-F]{16}\) +squash of 2017/m,
    );
    expect(table).toMatch(/^verified {4}\S+ {2}dave \(SSH key SHA256:\S+\) +ssh/m);
    expect(table).toMatch(
      /^not allowed \S+ {2}claims OpenPGP key \S+ +forged noreply, own key +signed with OpenPGP key [0-9A-F]{40}, which .* does not pin/m,
    );
    expect(table).toMatch(
      /^not allowed \S+ .* merge +it merges [0-9a-f]{7}, and that commit does not pass/m,
    );
    expect(table).toContain('16 commits: 6 verified, 2 refused, 2 unsigned, 6 not allowed');
    // each exit code, by a range made for it
    const range = async (name: string, ...more: string[]) =>
      (await verify('--policy', path, ...more, `${ids[name]}~1..${ids[name]}`)).exit;
    expect([await range('alice'), await range('squash of 2017'), await range('ssh')]).toEqual([
      0, 0, 0,
    ]);
    expect([await range('tampered'), await range('ssh for another purpose')]).toEqual([1, 1]);
    expect([await range('expired signer'), await range('forged noreply, own key')]).toEqual([6, 6]);
    expect(await range('hidden')).toBe(5);
    expect((await verify('--policy', path, 'main..main')).exit).toBe(2);
    const keyless = path.replace('policy.yaml', 'keyless.yaml');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(keyless, (await policyScene('other', sandbox())).policy());
    expect(
      (await verify('--policy', keyless, `${ids['squash of 2017']}~1..${ids['squash of 2017']}`))
        .exit,
    ).toBe(3);
    // of several: 1 before 6 before 5 before 3
    const of = async (...names: string[]) =>
      (await verify('--policy', keyless, ...names.map((name) => ids[name] ?? ''))).exit;
    expect(await of('squash of 2017', 'hidden')).toBe(5);
    expect(await of('squash of 2017', 'hidden', 'bob')).toBe(6);
    expect(await of('squash of 2017', 'hidden', 'bob', 'tampered')).toBe(1);
  });
});

describe('pinned keys (P08)', () => {
  it("a signature after the policy's dates of a key is not allowed", async () => {
    const { commit, policy, file, verify, branch } = policyScene('late', sandbox());
    const date = new Date('2017-08-16T15:44:01Z');
    const late = await openPgpPerson('GitHub', { date, signsAt: new Date('2024-02-01T00:00:00Z') });
    const root = await commit({});
    branch('main', await commit({ parents: [root], by: late }));
    const pin = (dates: string) =>
      policy('', `  - name: web\n    openpgp: |\n${late.indented}\n${dates}`);
    const codes = async (text: string) => [
      ...(await verify('--policy', file(text), `${root}..main`)).said.values(),
    ];
    expect(await codes(pin('    until: 2024-01-16\n'))).toEqual(['signer-out-of-dates']);
    expect(await codes(pin('    until: 2024-02-01\n'))).toEqual(['verified web']);
    expect(await codes(pin('    from: 2024-02-02\n'))).toEqual(['signer-out-of-dates']);
  });

  it('a signature by an expired key is refused, even if the policy has no dates', async () => {
    const { commit, policy, file, verify, branch } = policyScene('expired', sandbox());
    const made = new Date('2020-01-01T00:00:00Z');
    const { generateKey, readKey, createMessage, readPrivateKey, sign } = await import('openpgp');
    const { privateKey } = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: [{ name: 'x' }],
      date: made,
    });
    const key = await readPrivateKey({ armoredKey: privateKey });
    const { reformatKey } = await import('openpgp');
    const short = await reformatKey({
      privateKey: key,
      userIDs: [{ name: 'x' }],
      keyExpirationTime: 86400,
      date: made,
    });
    await readKey({ armoredKey: short.publicKey });
    const armor = async (payload: Uint8Array) =>
      String(
        await sign({
          message: await createMessage({ binary: payload }),
          signingKeys: key,
          detached: true,
          date: new Date('2021-01-01T00:00:00Z'),
        }),
      )
        .replaceAll('\r', '')
        .trimEnd()
        .concat('\n');
    const root = await commit({});
    branch('main', await commit({ parents: [root], by: { armor } }));
    const indented = short.publicKey.replaceAll('\r', '').trimEnd().replace(/^/gm, '      ');
    const { said } = await verify(
      '--policy',
      file(policy('', `  - name: web\n    openpgp: |\n${indented}\n`)),
      `${root}..main`,
    );
    expect([...said.values()]).toEqual(['signature-invalid']);
  });

  it('a signature by the pinned key over something else is refused', async () => {
    const { commit, policy, file, verify, branch } = policyScene('other', sandbox());
    const person = await openPgpPerson('x');
    const root = await commit({});
    branch('main', await commit({ parents: [root], by: person, tampered: true }));
    const path = file(policy('', `  - name: x\n    openpgp: |\n${person.indented}\n`));
    const { said, exit } = await verify('--policy', path, `${root}..main`);
    expect([exit, ...said.values()]).toEqual([1, 'signature-invalid']);
  });
});

describe('what a policy asks of commits together', () => {
  const files = (name: string) => ({ [name]: name });
  const bob = { email: 'bob@example.test' };

  it('a merge of allowed parents with content that neither has is refused (P08)', async () => {
    const scene = policyScene('evil', sandbox());
    const { commit, policy, file, verify, branch } = scene;
    const root = await commit({ files: files('a') });
    const left = await commit({ parents: [root], files: { ...files('a'), ...files('b') } });
    const right = await commit({ parents: [root], files: { ...files('a'), ...files('c') } });
    const clean = { ...files('a'), ...files('b'), ...files('c') };
    const good = await commit({ parents: [left, right], files: clean });
    const evil = await commit({ parents: [left, right], files: { ...clean, evil: 'x' } });
    const codes = async (merges: string, tip: string) => {
      const path = file(policy(`commits: [{merges: ${merges}}]\n`));
      branch('main', tip);
      return (await verify('--policy', path, `${root}..main`)).said.get(tip);
    };
    expect(await codes('clean', good)).toBe('verified alice');
    expect(await codes('clean', evil)).toBe('merge-not-clean');
    expect(await codes('passing', evil)).toBe('verified alice');
    // asked for by itself, its parents are asked too
    const path = file(policy('commits: [{merges: passing}]\n'));
    const hidden = await commit({ parents: [root], by: 'nobody', files: files('d') });
    const merge = await commit({ parents: [left, hidden], files: files('a') });
    expect((await verify('--policy', path, merge)).said.get(merge)).toBe(
      'merge-parent-not-verified',
    );
    expect((await verify('--policy', path, good)).said.get(good)).toBe('verified alice');
    scene.repository.must('config', '--global', 'signet.policy', path);
    expect((await verify('main')).exit).toBe(0);
  });

  it('distinct-signers needs two signers for a landing, however many commits one of them makes (X11)', async () => {
    const { commit, policy, file, verify, branch, bob: line } = policyScene('distinct', sandbox());
    const path = file(policy('commits: [{refs: [refs/heads/main], distinct-signers: 2}]\n', line));
    const root = await commit({});
    const one = await commit({ parents: [root] });
    const two = await commit({ parents: [one] });
    const byAlice = await commit({ parents: [root, two], subject: 'own merge' });
    const byBob = await commit({ parents: [root, two], by: bob, subject: 'reviewed' });
    const direct = await commit({ parents: [byBob], subject: 'direct' });
    const judge = async (tip: string, ...more: string[]) => {
      branch('main', tip);
      const { said } = await verify(
        '--policy',
        path,
        '--ref',
        'refs/heads/main',
        ...more,
        `${root}..main`,
      );
      return said.get(tip);
    };
    expect(await judge(byBob)).toBe('verified bob');
    expect(await judge(byAlice)).toBe('too-few-signers');
    expect(await judge(direct)).toBe('too-few-signers');
    // what landed once does not count for the next landing
    const next = await commit({ parents: [byBob, two], subject: 'again' });
    expect(await judge(next)).toBe('too-few-signers');
    // nor where the merge is judged alone
    const hollow = await commit({ parents: [byBob, one], by: bob, subject: 'hollow' });
    const alone = async (id: string) =>
      (await verify('--policy', path, '--ref', 'refs/heads/main', id)).said.get(id);
    expect(await alone(byBob)).toBe('verified bob');
    expect(await alone(hollow)).toBe('too-few-signers');
    expect((await verify('--policy', path, '--ref', 'refs/heads/x', `${root}..main`)).exit).toBe(0);
    const unsaid = await verify('--policy', path, `${root}..main`);
    expect(unsaid.exit).toBe(2);
    expect(unsaid.talk).toContain('add: --ref refs/heads/main');
  });

  it('the ref of a run is the branch of its policy', async () => {
    const {
      commit,
      policy,
      verify,
      branch,
      bob: line,
      repository,
    } = policyScene('refs', sandbox());
    const text = policy('commits: [{refs: [refs/heads/main], by: [alice]}]\n', line);
    const base = branch('main', await commit({ files: { '.signet.yaml': text } }));
    branch('next', base);
    repository.must('update-ref', 'refs/remotes/origin/main', base);
    branch('pr', await commit({ parents: [base], by: bob, files: { '.signet.yaml': text } }));
    expect((await verify('--policy-from', 'main', 'main..pr')).exit).toBe(6);
    expect((await verify('--policy-from', 'origin/main', 'main..pr')).exit).toBe(6);
    expect((await verify('--policy-from', 'next', 'main..pr')).exit).toBe(0);
    expect((await verify('--policy-from', base, 'main..pr')).exit).toBe(2);
  });
});
