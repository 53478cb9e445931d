import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { claimsOf, signOffsOf } from '../../../src/core/policy/claims.ts';
import { type Decision, decide, type Party } from '../../../src/core/policy/decide.ts';
import type { IdentityPolicy } from '../../../src/core/policy/model.ts';
import type { Signer } from '../../../src/core/verdict.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const T = 1_700_000_000;
const DAY = 86400;
const issuer = 'https://accounts.example.test';
const alice: Signer = { kind: 'email', value: 'alice@example.test', issuer, extensions: {} };
const ALICE = `name: alice, identity: alice@example.test, issuer: ${issuer}`;

const policyOf = (text: string): Promise<IdentityPolicy> =>
  parsePolicy(utf8(`version: 1\n${text}`), 'p', nodeCrypto);

interface Signed {
  readonly type?: 'commit' | 'tag';
  readonly committer?: string;
  readonly author?: string;
  readonly message?: string;
  readonly tagName?: string;
  readonly date?: number;
  readonly ref?: string;
}

function payloadOf({
  type = 'commit',
  committer,
  author,
  message = 'x',
  tagName = 'v1',
  date = T,
}: Signed): Uint8Array {
  const person = (email = 'alice@example.test') => `A <${email}> ${date} +0000`;
  const head =
    type === 'commit'
      ? `tree ${'1'.repeat(40)}\nparent ${'2'.repeat(40)}\nauthor ${person(author)}\ncommitter ${person(committer)}`
      : `object ${'1'.repeat(40)}\ntype commit\ntag ${tagName}\ntagger ${person(committer)}`;
  return utf8(`${head}\n\n${message}\n`);
}

const judged = (policy: IdentityPolicy, signed: Signed, party: Partial<Party> = {}): Decision =>
  decide(
    policy,
    { signer: alice, times: [T], ...party },
    {
      type: signed.type ?? 'commit',
      payload: payloadOf(signed),
      ref: signed.ref ?? 'refs/heads/main',
    },
  );

const githubWorkflow: Signer = {
  kind: 'uri',
  value: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
  extensions: {
    '2': 'push',
    '5': 'acme/app',
    '6': 'refs/heads/main',
    '12': 'https://github.com/acme/app',
    '14': 'refs/heads/main',
    '15': '42',
    '18': 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
    '20': 'push',
    '23': 'production',
  },
};
const WORKFLOW =
  'repository: acme/app, file: .github/workflows/release.yml, ref: refs/heads/main, trigger: push';

it('a tag’s name that no pattern could meet does not escape the rules for names (P02)', async () => {
  const more = `{name: bob, identity: bob@example.test, issuer: ${issuer}}`;
  const policy = await policyOf(
    `signers: [{${ALICE}}, ${more}]\ntags: [{names: ['v*'], by: [bob]}]`,
  );
  const tag = (name: string): Decision => {
    const payload = Buffer.from(
      Buffer.from(payloadOf({ type: 'tag', tagName: name })).toString('utf8'),
      'latin1',
    );
    return decide(policy, { signer: alice, times: [T] }, { type: 'tag', payload });
  };
  expect(tag('w1').allowed).toBe(true);
  for (const name of ['v1', 'v1\u00ff', 'v1\x01', 'v1\x7f', '\u00ffv1']) {
    expect(tag(name)).toMatchObject({ allowed: false, code: 'role-not-allowed' });
  }
});

describe('people who are named twice (G14, P10)', () => {
  it.each(['author', 'committer'])(
    'a second %s, whom git log shows, is not passed over',
    async (who) => {
      const policy = await policyOf(`signers: [{${ALICE}}]\ncommits: [{${who}: match}]`);
      const payload = payloadOf({});
      const text = new TextDecoder().decode(payload);
      const again = `${who} M <mallory@example.test> ${T} +0000\n`;
      const subject = { type: 'commit', ref: 'refs/heads/main' } as const;
      const party = { signer: alice, times: [T] };
      expect(decide(policy, party, { ...subject, payload })).toMatchObject({ allowed: true });
      for (const made of [
        text.replace('\n\n', `\n${again}\n`),
        text.replace('\n\n', `\nencoding x\n${again}\n`),
        text.replace(`\n${who} `, `\n${who} A <alice@example.test> ${T} +0000\n${again}x `),
        text.replace('\n\n', `\nx y\0${again}\n`),
        text.replace(/ \+0000\n\n/, ` +0000\0${again}\n`),
      ]) {
        const decision = decide(policy, party, { ...subject, payload: utf8(made) });
        expect(decision).toMatchObject({ allowed: false, code: `${who}-differs` });
      }
      const odd = Buffer.concat([
        Buffer.from(`${text.slice(0, text.indexOf('\n\n'))}\n${who} `),
        Buffer.from([0xff]),
        Buffer.from(` <mallory@example.test> ${T} +0000\n\nx\n`),
      ]);
      expect(decide(policy, party, { ...subject, payload: odd }).allowed).toBe(false);
      const quoted = utf8(text.replace('\n\nx', `\n\n${again}`));
      expect(decide(policy, party, { ...subject, payload: quoted }).allowed).toBe(true);
    },
  );
});

describe('every field of a policy refuses what only it refuses (X11)', () => {
  const bob = '- {name: bob, identity: bob@x.test, issuer: i}';
  const policy = (rest: string, more = '') => `signers:\n  - {${ALICE}${more}}\n  ${bob}\n${rest}`;
  it.each<[string, string, string, Signed, string]>([
    ['from', policy('', ', from: 2099-01-01'), policy(''), {}, 'signer-out-of-dates'],
    ['until', policy('', ', until: 2000-01-01'), policy(''), {}, 'signer-out-of-dates'],
    [
      'by',
      policy('commits: [{by: [bob]}]'),
      policy('commits: [{by: [alice]}]'),
      {},
      'role-not-allowed',
    ],
    [
      'roles',
      policy('roles: {r: [bob]}\ncommits: [{by: [r]}]'),
      policy('roles: {r: [alice]}\ncommits: [{by: [r]}]'),
      {},
      'role-not-allowed',
    ],
    [
      'refs',
      policy('commits: [{refs: [refs/heads/main], by: [bob]}]'),
      policy('commits: [{refs: [refs/heads/next], by: [bob]}]'),
      {},
      'role-not-allowed',
    ],
    [
      'the first rule governs',
      policy('commits: [{refs: [refs/heads/*], by: [bob]}, {by: [alice]}]'),
      policy('commits: [{refs: [refs/tags/*], by: [bob]}, {by: [alice]}]'),
      {},
      'role-not-allowed',
    ],
    [
      'committer P10',
      policy('commits: [{committer: match}]'),
      policy('commits: [{committer: report}]'),
      { committer: 'b@x' },
      'committer-differs',
    ],
    [
      'author G14',
      policy('commits: [{author: match}]'),
      policy('commits: [{author: report}]'),
      { author: 'b@x' },
      'author-differs',
    ],
    [
      'committers',
      policy('commits: [{committer: match}]'),
      policy('commits: [{committer: match}]', ', committers: [b@x]'),
      { committer: 'b@x' },
      'committer-differs',
    ],
    [
      'sign-off',
      policy('commits: [{sign-off: signer}]'),
      policy('commits: [{}]'),
      {},
      'sign-off-missing',
    ],
    [
      'max-skew G15',
      policy('commits: [{max-skew: 1h}]'),
      policy('commits: [{max-skew: 3h}]'),
      { date: T - 7200 },
      'date-too-far',
    ],
    [
      'names',
      policy("tags: [{names: ['v*'], by: [bob]}]"),
      policy("tags: [{names: ['w*'], by: [bob]}]"),
      { type: 'tag' },
      'role-not-allowed',
    ],
    [
      'tagger',
      policy('tags: [{tagger: match}]'),
      policy('tags: [{tagger: ignore}]'),
      { type: 'tag', committer: 'b@x' },
      'committer-differs',
    ],
    [
      'max-skew of tags',
      policy('tags: [{max-skew: 1h}]'),
      policy('tags: [{}]'),
      { type: 'tag', date: T - 7200 },
      'date-too-far',
    ],
  ])('%s', async (_field, refusing, allowing, signed, code) => {
    expect(judged(await policyOf(refusing), signed)).toMatchObject({ allowed: false, code });
    expect(judged(await policyOf(allowing), signed)).toMatchObject({
      allowed: true,
      rule: 'alice',
    });
  });
});

describe('every field of a signer (X11)', () => {
  const who = async (signer: string, as: Signer) =>
    judged(await policyOf(`signers: [{${signer}}]`), {}, { signer: as }).allowed;

  it.each<[string, string, Partial<Signer>]>([
    ['identity P12', ALICE, { value: 'Alice@example.test' }],
    ['issuer P03', ALICE, { issuer: `${issuer}/` }],
    [
      'identity-pattern P02',
      `name: a, issuer: '${issuer}', identity-pattern: '.*@example\\.test'`,
      { value: 'a@example.test.evil' },
    ],
  ])('%s', async (_field, signer, change) => {
    expect(await who(signer, alice)).toBe(true);
    expect(await who(signer, { ...alice, ...change })).toBe(false);
  });

  it('spiffe: an id that a certificate bears as its URI, nothing else', async () => {
    const rule = `name: ci, spiffe: spiffe://example.test/ci, issuer: '${issuer}'`;
    const ci: Signer = { ...alice, kind: 'uri', value: 'spiffe://example.test/ci' };
    expect(await who(rule, ci)).toBe(true);
    for (const change of [{ value: 'spiffe://example.test/ci2' }, { kind: 'email' as const }]) {
      expect(await who(rule, { ...ci, ...change })).toBe(false);
    }
  });

  it('username: an otherName, not an e-mail that spells the same', async () => {
    const rule = `name: carol, username: carol!example.test, issuer: '${issuer}'`;
    const carol: Signer = { ...alice, kind: 'otherName', value: 'carol!example.test' };
    expect(await who(rule, carol)).toBe(true);
    expect(await who(rule, { ...carol, kind: 'email' })).toBe(false);
  });
});

describe('a workflow is its repository, file, ref and trigger (P09)', () => {
  const allows = async (change: Partial<Signer['extensions']>, value?: string, more = '') => {
    const policy = await policyOf(`signers: [{name: bot, workflow: {${WORKFLOW}${more}}}]`);
    const extensions = Object.fromEntries(
      Object.entries({ ...githubWorkflow.extensions, ...change }).filter(
        ([, text]) => text !== undefined,
      ),
    ) as Record<string, string>;
    const signer = { ...githubWorkflow, extensions, ...(value === undefined ? {} : { value }) };
    return judged(policy, {}, { signer }).allowed;
  };
  const at = (path: string) => `https://github.com/${path}`;

  it('the workflow itself', async () => {
    expect(await allows({})).toBe(true);
    expect(await allows({}, undefined, ", environment: production, repository-id: '42'")).toBe(
      true,
    );
  });

  it('certificates of older forms', async () => {
    const older = { '12': undefined, '14': undefined, '18': undefined, '20': undefined };
    expect(await allows(older)).toBe(true);
    expect(await allows({ ...older, '5': 'evil/app' })).toBe(false);
  });

  it.each<[string, Record<string, string | undefined>, string?]>([
    [
      'a fork',
      { '5': 'evil/app', '12': at('evil/app') },
      at('evil/app/.github/workflows/release.yml@refs/heads/main'),
    ],
    ['a fork that runs our file', { '5': 'evil/app', '12': at('evil/app') }],
    [
      'another branch',
      { '6': 'refs/heads/x', '14': 'refs/heads/x' },
      at('acme/app/.github/workflows/release.yml@refs/heads/x'),
    ],
    ['a pull request', { '2': 'pull_request_target', '20': 'pull_request_target' }],
    [
      'a renamed workflow',
      { '18': at('acme/app/.github/workflows/new.yml@refs/heads/main') },
      at('acme/app/.github/workflows/new.yml@refs/heads/main'),
    ],
    [
      'a reusable workflow of another repository',
      {},
      at('evil/lib/.github/workflows/release.yml@refs/heads/main'),
    ],
    [
      'our file, reused by another workflow',
      { '18': at('acme/app/.github/workflows/other.yml@refs/heads/main') },
    ],
    ['our file as of another ref', {}, at('acme/app/.github/workflows/release.yml@refs/heads/x')],
    ['no repository', { '5': undefined, '12': undefined }],
    ['no ref', { '6': undefined, '14': undefined }],
    ['no trigger', { '2': undefined, '20': undefined }],
    ['old and new form disagree', { '5': 'evil/app' }],
    ['triggers disagree', { '2': 'pull_request_target' }],
  ])('%s is refused', async (_name, extensions, value) => {
    expect(await allows(extensions, value)).toBe(false);
  });

  it('environment and repository-id, where they are bound (X11)', async () => {
    expect(await allows({ '23': 'staging' }, undefined, ', environment: production')).toBe(false);
    expect(await allows({ '23': undefined }, undefined, ', environment: production')).toBe(false);
    expect(await allows({ '15': '43' }, undefined, ", repository-id: '42'")).toBe(false);
  });

  it('an e-mail that spells like a workflow, a token of another issuer', async () => {
    const policy = await policyOf(`signers: [{name: bot, workflow: {${WORKFLOW}}}]`);
    for (const change of [{ kind: 'email' as const }, { issuer: 'https://evil.test' }]) {
      expect(judged(policy, {}, { signer: { ...githubWorkflow, ...change } }).allowed).toBe(false);
    }
  });

  it('tags by pattern: a star stops at a slash', async () => {
    const text = WORKFLOW.replace('refs/heads/main', "'refs/tags/v*'");
    const policy = await policyOf(`signers: [{name: bot, workflow: {${text}}}]`);
    const of = (ref: string): Signer => ({
      ...githubWorkflow,
      value: at(`acme/app/.github/workflows/release.yml@${ref}`),
      extensions: { '12': at('acme/app'), '14': ref, '20': 'push' },
    });
    expect(judged(policy, {}, { signer: of('refs/tags/v1.2') }).allowed).toBe(true);
    for (const ref of ['refs/tags/w1', 'refs/tags/v1/x', 'refs/heads/v1', 'refs/tags/v1\n']) {
      expect(judged(policy, {}, { signer: of(ref) }).allowed, ref).toBe(false);
    }
  });
});

describe('dates', () => {
  it('bounds are inclusive, and every proven time counts', async () => {
    const policy = await policyOf(
      `signers: [{${ALICE}, from: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z'}]`,
    );
    const start = Date.UTC(2026, 0, 1) / 1000;
    const at = (...times: number[]) => judged(policy, { date: start }, { times }).allowed;
    expect([at(start), at(start + DAY), at(start, start + DAY)]).toEqual([true, true, true]);
    expect([at(start - 1), at(start + DAY + 1), at(start, start + DAY + 1)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('what is only told', () => {
  it('other people’s names and far dates are notes by default (G14, G15, P10)', async () => {
    const policy = await policyOf(`signers: [{${ALICE}}]`);
    const decision = judged(policy, { committer: 'b@x', author: 'c@x', date: T - 2 * DAY });
    expect(decision).toMatchObject({ allowed: true });
    expect(decision.findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'committer-differs note',
      'author-differs note',
      'date-too-far note',
    ]);
    expect(judged(policy, { date: T - DAY }).findings).toEqual([]);
  });

  it('a refusal keeps the notes beside it', async () => {
    const policy = await policyOf(`signers: [{${ALICE}}]\ncommits: [{sign-off: signer}]`);
    expect(judged(policy, { committer: 'b@x' })).toMatchObject({
      code: 'sign-off-missing',
      findings: [{ code: 'committer-differs' }, { code: 'sign-off-missing' }],
    });
  });
});

describe('claims', () => {
  it('headers count where git puts them, not where a message quotes them (G17)', () => {
    const author = 'author Alice <alice@example.test> 1 +0000';
    const text = `tree ${'1'.repeat(40)}\nauthor Mallory <m@x> 5 +0000\ncommitter M <m@x> 5 +0000\n\n${author}\n`;
    expect(claimsOf('commit', utf8(text)).author).toEqual({
      name: 'Mallory',
      email: 'm@x',
      time: 5,
    });
    const moved = `tree ${'1'.repeat(40)}\nencoding x\n${author}\ncommitter M <m@x> 5 +0000\n\nx`;
    expect(claimsOf('commit', utf8(moved)).author).toBeUndefined();
    const twice = `tree ${'1'.repeat(40)}\n${author}\n${author}\ncommitter M <m@x> 5 +0000\n\nx`;
    expect(claimsOf('commit', utf8(twice))).toMatchObject({
      author: undefined,
      committer: undefined,
    });
  });

  it.each([
    ['behind a date that git log shows', 'A <alice@example.test> 5 +0000 1700000000 +0000'],
    ['behind text and a bracket', 'A <alice@example.test> b> 1700000000 +0000'],
    ['behind a second address', 'A <alice@example.test> <a@x> 1700000000 +0000'],
  ])('a date that does not follow the address gives no person: %s (G15)', async (_name, person) => {
    const text = `tree ${'1'.repeat(40)}\nauthor ${person}\ncommitter ${person}\n\nx\n`;
    const { committer } = claimsOf('commit', utf8(text));
    expect(committer).toBeUndefined();
    const policy = await policyOf(`signers: [{${ALICE}}]\ncommits: [{max-skew: 1h}]`);
    const subject = { type: 'commit', ref: 'refs/heads/main', payload: utf8(text) } as const;
    const decision = decide(policy, { signer: alice, times: [T] }, subject);
    expect(decision).toMatchObject({ allowed: false, code: 'date-too-far' });
  });

  it.each<[string, string, readonly string[]]>([
    ['one', 'subject\n\nSigned-off-by: A <a@x>', ['a@x']],
    [
      'several, and other trailers',
      's\n\nbody\n\nSigned-off-by: A <a@x>\nReviewed-by: C <c@x>\nsigned-off-by: B <b@x>',
      ['a@x', 'b@x'],
    ],
    ['not in the body', 's\n\nSigned-off-by: A <a@x>\n\nthe end', []],
    ['not in a quotation', 's\n\n> Signed-off-by: A <a@x>', []],
    ['not with text behind', 's\n\nSigned-off-by: A <a@x> for B <b@x>', []],
  ])('sign-offs are judged: %s', (_name, message, addresses) => {
    expect(signOffsOf(payloadOf({ message }))).toEqual(addresses);
  });

  it('a sign-off counts with an address of the signer’s own, lent ones too', async () => {
    const rule = '\ncommits: [{sign-off: signer}]';
    const message = 's\n\nSigned-off-by: A <1+alice@users.noreply.example.test>';
    const lent = await policyOf(
      `signers: [{${ALICE}, committers: [1+alice@users.noreply.example.test]}]${rule}`,
    );
    expect(judged(lent, { message }).allowed).toBe(true);
    const own = await policyOf(`signers: [{${ALICE}}]${rule}`);
    expect(judged(own, { message })).toMatchObject({ code: 'sign-off-missing' });
    expect(judged(own, { message: 's\n\nSigned-off-by: A <alice@example.test>' }).allowed).toBe(
      true,
    );
  });
});

describe('an unknown ref', () => {
  it('with an unknown ref any rule may allow a commit, and it is refused if all refuse it', async () => {
    const policy = await policyOf(
      `signers:\n  - {${ALICE}}\n  - {name: bob, identity: b, issuer: i}\ncommits:\n  - {refs: [refs/heads/main], by: [bob]}\n  - {refs: [refs/heads/x], by: [alice]}\n  - {by: [bob]}`,
    );
    const unknown = (signer: Signer) =>
      decide(policy, { signer, times: [T] }, { type: 'commit', payload: payloadOf({}) }).allowed;
    expect(unknown(alice)).toBe(true);
    const closed: IdentityPolicy = {
      ...policy,
      commits: policy.commits?.filter(({ on }) => on?.[0] !== 'refs/heads/x') ?? [],
    };
    expect(
      decide(closed, { signer: alice, times: [T] }, { type: 'commit', payload: payloadOf({}) })
        .allowed,
    ).toBe(false);
  });
});
