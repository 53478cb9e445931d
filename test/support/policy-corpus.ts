/** Policy files, good and bad: what the parser says of each, and whether the published schema can say so too. */

import { githubWebFlow } from '../../src/core/policy/github-web-flow.ts';
import { REVOKED_CASES } from './policy-corpus-revoked.ts';

export interface PolicyCase {
  readonly name: string;
  readonly text: string;
  /** What the parser says against it; undefined: nothing. */
  readonly fault?: RegExp;
  /** True where only the parser can see it: names, calendars, keys of the YAML itself. */
  readonly beyondSchema?: boolean;
}

export const SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const ALICE = 'name: alice, identity: alice@example.test, issuer: https://accounts.example.test';
const WORKFLOW =
  'repository: acme/app, file: .github/workflows/release.yml, ref: refs/heads/main, trigger: push';
const SINCE = '0123456789abcdef0123456789abcdef01234567';

/** A policy with alice and whatever else. */
const withAlice = (more = '', signers = ''): string =>
  `version: 1\nsigners:\n  - {${ALICE}}\n${signers}${more}`;
const signerOnly = (signer: string): string => `version: 1\nsigners:\n  - {${signer}}\n`;
const armored = (armor: string): string =>
  `version: 1\nsigners:\n  - name: key\n    openpgp: |\n${armor.replace(/^/gm, '      ')}\n`;
const PGP_KEY = githubWebFlow('x')[1]?.key ?? '';

const good = (name: string, text: string): PolicyCase => ({ name, text });
const bad = (name: string, text: string, fault: RegExp, beyondSchema = false): PolicyCase => ({
  ...{ name, text, fault, beyondSchema },
});

const GOOD: readonly PolicyCase[] = [
  good('the smallest', withAlice()),
  good(
    'dates and committers',
    signerOnly(
      `${ALICE}, from: 2026-01-01, until: '2026-12-31T00:00:00Z', committers: [1+alice@users.noreply.example.test]`,
    ),
  ),
  good('signed pushes of every ref', withAlice('push: signed\n')),
  good(
    'signed pushes of some refs',
    withAlice("push: {refs: [refs/heads/main, 'refs/tags/v*']}\n"),
  ),
  good(
    'a pattern',
    signerOnly("name: staff, identity-pattern: '.*@example\\.test', issuer: https://i"),
  ),
  good('a workflow', signerOnly(`name: bot, workflow: {${WORKFLOW}}`)),
  good(
    'a workflow in full',
    signerOnly(
      `name: bot, issuer: https://i, workflow: {${WORKFLOW}, environment: production, repository-id: '42'}`,
    ),
  ),
  good(
    'a workflow elsewhere',
    signerOnly(
      "name: bot, issuer: https://gitlab.example.test, workflow: {repository: 'https://gitlab.example.test/a/b', file: .gitlab-ci.yml, ref: 'refs/tags/v*', trigger: [push, schedule]}",
    ),
  ),
  good('a SPIFFE id', signerOnly('name: ci, spiffe: spiffe://example.test/ci, issuer: https://i')),
  good('a user name', signerOnly('name: carol, username: carol!example.test, issuer: https://i')),
  good('the preset', signerOnly('name: web, preset: github-web-flow')),
  good('an OpenPGP key', armored(PGP_KEY)),
  good(
    'two accounts of one person',
    withAlice('', '  - {name: alice, identity: alice@home.example.test, issuer: https://i}\n'),
  ),
  good('an SSH key', signerOnly(`name: dave, ssh: '${SSH_KEY} a comment'`)),
  good(
    'an SSH key as a line of allowed signers',
    signerOnly(`name: dave, ssh: 'dave@example.test namespaces="git" ${SSH_KEY}'`),
  ),
  good(
    'roles and rules',
    withAlice(
      `roles: {maintainers: [alice]}\ncommits:\n  - {refs: [refs/heads/main], by: [maintainers], committer: match, author: ignore, sign-off: signer, max-skew: 24h, merges: passing, distinct-signers: 2}\n  - {}\ntags:\n  - {names: ['v*'], by: [alice], tagger: match, max-skew: 1h, distinct-signers: 2}\nchanges: [maintainers]\n`,
    ),
  ),
  good(
    'approvals in both kinds of rules',
    withAlice(
      `roles: {reviewers: [alice]}\ncommits:\n  - {refs: [refs/heads/main], approvals: {count: 2, by: [reviewers], not: author, for: refs/heads/main}}\ntags: [{approvals: {count: 1}}]\n`,
    ),
  ),
  good('whose summaries count', withAlice('vsa: {by: [alice], links: 5}\n')),
  good('sequence, since, unlogged', withAlice(`sequence: 7\nsince: ${SINCE}\nunlogged: allowed\n`)),
];

const BAD_SIGNERS: readonly PolicyCase[] = [
  bad(
    'no issuer (P03)',
    signerOnly('name: a, identity: b'),
    /line 3, column 5: a signer without 'issuer'/,
  ),
  bad(
    'a pattern without issuer (P03)',
    signerOnly('name: a, identity-pattern: b'),
    /without 'issuer'/,
  ),
  bad(
    'a SPIFFE id without issuer (P03)',
    signerOnly('name: a, spiffe: spiffe://a/b'),
    /without 'issuer'/,
  ),
  bad('a user name without issuer (P03)', signerOnly('name: a, username: b'), /without 'issuer'/),
  bad(
    'a workflow elsewhere without issuer (P03)',
    signerOnly(
      "name: a, workflow: {repository: 'https://gitlab.example.test/a/b', file: f, ref: refs/heads/main, trigger: push}",
    ),
    /without 'issuer'/,
  ),
  bad('nobody', signerOnly('name: a, issuer: c'), /without 'identity'/),
  bad('no name', signerOnly('identity: a, issuer: c'), /without 'name'/),
  bad(
    'two ways at once',
    signerOnly('name: a, identity: b, issuer: c, username: d'),
    /give only one of 'identity' and 'username'/,
  ),
  bad(
    'a pattern that breaks out (P02)',
    signerOnly("name: a, issuer: c, identity-pattern: 'a)|(b'"),
    /not a regular expression/,
    false,
  ),
  bad(
    'a bad SPIFFE id',
    signerOnly('name: a, spiffe: example.test/ci, issuer: c'),
    /'spiffe' must be/,
  ),
  bad(
    'an unknown preset',
    signerOnly('name: a, preset: gitlab'),
    /'preset' must be github-web-flow/,
  ),
  bad(
    'a preset with dates',
    signerOnly('name: a, preset: github-web-flow, until: 2026-01-01'),
    /brings its own dates/,
  ),
  bad(
    'a key with an issuer',
    signerOnly(`name: a, issuer: b, ssh: '${SSH_KEY}'`),
    /a key has no issuer/,
  ),
  bad('text that is no key', signerOnly("name: a, openpgp: 'hello'"), /armored public key/),
  bad('a secret key', armored(PGP_KEY.replaceAll('PUBLIC', 'PRIVATE')), /armored public key/),
  bad('two keys in one', armored(PGP_KEY + PGP_KEY), /armored public key/),
  bad('SSH text that is no key', signerOnly("name: a, ssh: 'hello'"), /'ssh' must be a public key/),
  bad(
    'an SSH key of another type than it says',
    signerOnly(`name: a, ssh: '${SSH_KEY.replace('ssh-ed25519', 'ssh-rsa')}'`),
    /'ssh' must be a public key/,
    true,
  ),
  bad(
    'an SSH authority',
    signerOnly(`name: a, ssh: 'a@b cert-authority ${SSH_KEY}'`),
    /only option allowed here is namespaces="git"/,
  ),
  bad(
    'an SSH key of another namespace',
    signerOnly(`name: a, ssh: 'a@b namespaces="file" ${SSH_KEY}'`),
    /only option allowed here is namespaces="git"/,
  ),
  bad(
    'an SSH principal with a star (P02)',
    signerOnly(`name: a, ssh: '*@example.test ${SSH_KEY}'`),
    /principals must be addresses/,
  ),
  bad(
    'a day that no calendar has',
    signerOnly(`${ALICE}, from: 2026-02-30`),
    /'from' must be a day/,
    true,
  ),
  bad('a year alone', signerOnly(`${ALICE}, from: '2026'`), /'from' must be a day/),
  bad(
    'until before from',
    signerOnly(`${ALICE}, from: 2026-02-01, until: 2026-01-31`),
    /'until' lies before/,
    true,
  ),
  bad('no committers (P05)', signerOnly(`${ALICE}, committers: []`), /'committers' must be a list/),
  bad('a committer twice', signerOnly(`${ALICE}, committers: [a@b, a@b]`), /'a@b' twice/),
  bad('an unknown key (P11)', signerOnly(`${ALICE}, isuer: x`), /unknown key 'isuer'/),
  bad(
    'a workflow without ref (P09)',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace(', ref: refs/heads/main', '')}}`),
    /without 'ref'/,
  ),
  bad(
    'a workflow without trigger (P09)',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace(', trigger: push', '')}}`),
    /without 'trigger'/,
  ),
  bad(
    'a workflow without file (P09)',
    signerOnly(
      `name: a, workflow: {${WORKFLOW.replace(' file: .github/workflows/release.yml,', '')}}`,
    ),
    /without 'file'/,
  ),
  bad(
    'a workflow without repository (P09)',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace('repository: acme/app, ', '')}}`),
    /without 'repository'/,
  ),
  bad(
    'a short ref',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace('refs/heads/main', 'main')}}`),
    /'ref' must be a full name/,
  ),
  bad(
    'no triggers (P05)',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace('push', '[]')}}`),
    /'trigger' must be a list/,
  ),
  bad(
    'a repository by halves',
    signerOnly(`name: a, workflow: {${WORKFLOW.replace('acme/app', 'acme')}}`),
    /'repository' must be/,
  ),
];

const BAD_RULES: readonly PolicyCase[] = [
  bad('no signers (P05)', 'version: 1\nsigners: []\n', /expected a list of at least one signer/),
  bad('another version', withAlice().replace('1', '2'), /expected version: 1/),
  bad(
    'an unknown key above (P11)',
    withAlice('extra: 1\n'),
    /line 4, column 1: unknown key 'extra'/,
  ),
  bad(
    'a role without members',
    withAlice('roles: {m: [bob]}\n'),
    /there is no signer or role 'bob'/,
    true,
  ),
  bad(
    'a role of roles',
    withAlice('roles: {m: [alice], n: [m]}\n'),
    /there is no signer or role 'm'/,
    true,
  ),
  bad(
    'a role with a signer’s name',
    withAlice('roles: {alice: [alice]}\n'),
    /is a signer's name/,
    true,
  ),
  bad('an empty role (P05)', withAlice('roles: {m: []}\n'), /must be a list, and not empty/),
  bad('a push of another kind', withAlice('push: unsigned\n'), /'push' must be signed/),
  bad('a push without refs', withAlice('push: {}\n'), /'refs' must be a list/),
  bad('a push of no refs (P05)', withAlice('push: {refs: []}\n'), /'refs' must be a list/),
  bad('a push of short refs', withAlice('push: {refs: [main]}\n'), /'main' is no full name/),
  bad('a push as null', withAlice('push:\n'), /expected keys and values/),
  bad(
    'a push with more (P11)',
    withAlice('push: {refs: [refs/x], by: [alice]}\n'),
    /unknown key 'by'/,
  ),
  bad('no rules (P05)', withAlice('commits: []\n'), /'commits' must be a list/),
  bad('a rule without signers (P05)', withAlice('commits: [{by: []}]\n'), /'by' must be a list/),
  bad(
    'a rule by an unknown name',
    withAlice('tags: [{by: [bob]}]\n'),
    /line 4, column \d+: there is no signer or role/,
    true,
  ),
  bad('a short ref in a rule', withAlice('commits: [{refs: [main]}]\n'), /no full name/),
  bad(
    'a tag’s key in a commit rule (P11)',
    withAlice('commits: [{tagger: match}]\n'),
    /unknown key 'tagger'/,
  ),
  bad(
    'a commit’s key in a tag rule (P11)',
    withAlice('tags: [{merges: passing}]\n'),
    /unknown key 'merges'/,
  ),
  bad(
    'an unknown strictness',
    withAlice('commits: [{committer: yes}]\n'),
    /'committer' must be match or report/,
  ),
  bad(
    'an unknown sign-off',
    withAlice('commits: [{sign-off: anybody}]\n'),
    /'sign-off' must be signer/,
  ),
  bad(
    'an unknown kind of merge',
    withAlice('commits: [{merges: all}]\n'),
    /'merges' must be any or/,
  ),
  bad('a skew without unit', withAlice('commits: [{max-skew: 24}]\n'), /'max-skew' must be a time/),
  bad(
    'no signer at all',
    withAlice('commits: [{distinct-signers: 0}]\n'),
    /must be a whole number, 1 or more/,
  ),
  good(
    'commits that a head carries',
    withAlice(
      "commits: [{carried: {how: [squash]}}, {carried: {how: [rebase, merge], heads: ['refs/pull/*/head'], by: [alice]}}]\n",
    ),
  ),
  bad('carried without a way', withAlice('commits: [{carried: {}}]\n'), /'how' must be a list/),
  bad(
    'an unknown way',
    withAlice('commits: [{carried: {how: [queue]}}]\n'),
    /'how' must be squash/,
  ),
  bad(
    'a short name of heads',
    withAlice("commits: [{carried: {how: [squash], heads: ['pull/*']}}]\n"),
    /'pull\/\*' is no full name/,
  ),
  bad(
    'carried for tags',
    withAlice('tags: [{carried: {how: [squash]}}]\n'),
    /unknown key 'carried'/,
  ),
  bad(
    'an unknown field of carried',
    withAlice('commits: [{carried: {how: [squash], who: [alice]}}]\n'),
    /unknown key 'who'/,
  ),
  {
    ...bad(
      'an unknown signer of the forge',
      withAlice('commits: [{carried: {how: [squash], by: [bob]}}]\n'),
      /there is no signer or role 'bob'/,
    ),
    beyondSchema: true,
  },
  bad('half a signer', withAlice('commits: [{distinct-signers: 1.5}]\n'), /must be a whole number/),
  good(
    'attestations of refs and of tags',
    withAlice(
      "attestations: [{type: test-result, refs: [refs/heads/main]}, {type: 'https://example.test/x', names: ['v*'], by: [alice]}]\n",
    ),
  ),
  bad(
    'attestations of refs and names in one rule',
    withAlice("attestations: [{type: sbom, refs: [refs/heads/main], names: ['v*']}]\n"),
    /expected either 'refs' or 'names'/,
  ),
  bad(
    'attestations of nothing',
    withAlice('attestations: [{type: sbom}]\n'),
    /expected either 'refs' or 'names'/,
  ),
  bad(
    'attestations of no type',
    withAlice('attestations: [{refs: [refs/heads/main]}]\n'),
    /'type' must be text/,
  ),
  bad(
    'attestations of an unknown short name',
    withAlice('attestations: [{type: test-results, refs: [refs/heads/main]}]\n'),
    /neither a predicate type nor a short name/,
  ),
  bad(
    'approvals without a count',
    withAlice('commits: [{approvals: {not: author}}]\n'),
    /'count' must be a whole number, 1 or more/,
  ),
  bad(
    'approvals by a count alone',
    withAlice('commits: [{approvals: 2}]\n'),
    /expected keys and values/,
  ),
  bad(
    'no approval at all (P05)',
    withAlice('tags: [{approvals: {count: 0}}]\n'),
    /must be a whole number, 1 or more/,
  ),
  bad(
    'approvals by none (P05)',
    withAlice('commits: [{approvals: {count: 1, by: []}}]\n'),
    /'by' must be a list, and not empty/,
  ),
  bad(
    'approvals not by the committer (X11)',
    withAlice('commits: [{approvals: {count: 1, not: committer}}]\n'),
    /'not' must be author/,
  ),
  bad(
    'approvals for several refs',
    withAlice("commits: [{approvals: {count: 1, for: 'refs/heads/*'}}]\n"),
    /no full name of one ref/,
  ),
  bad(
    'approvals for a short name',
    withAlice('commits: [{approvals: {count: 1, for: main}}]\n'),
    /no full name of one ref/,
  ),
  bad(
    'an unknown key in approvals (P11)',
    withAlice('commits: [{approvals: {count: 1, min: 2}}]\n'),
    /unknown key 'min'/,
  ),
  bad('changes without signers (P05)', withAlice('changes: []\n'), /'changes' must be a list/),
  bad('a sequence of text', withAlice("sequence: '7'\n"), /'sequence' must be a whole number/),
  bad(
    'approvals by an unknown name',
    withAlice('commits: [{approvals: {count: 1, by: [eve]}}]\n'),
    /there is no signer or role 'eve'/,
    true,
  ),
  bad('sequence zero', withAlice('sequence: 0\n'), /'sequence' must be a whole number/),
  bad('since a branch (P16)', withAlice('since: main\n'), /'since' must be the full hash/),
  bad('since a short hash (P16)', withAlice('since: abcdef1\n'), /'since' must be the full hash/),
  bad('summaries of no signer (P05)', withAlice('vsa: {by: []}\n'), /'by' must be a list/),
  bad('summaries without by', withAlice('vsa: {links: 5}\n'), /'by' must be a list/),
  bad(
    'summaries of a stranger',
    withAlice('vsa: {by: [bob]}\n'),
    /there is no signer or role 'bob'/,
    true,
  ),
  bad('no link', withAlice('vsa: {by: [alice], links: 0}\n'), /'links' must be a whole number/),
  bad('unlogged without a word', withAlice('unlogged: true\n'), /'unlogged' must be allowed/),
];

export const POLICY_CORPUS: readonly PolicyCase[] = [
  ...GOOD,
  ...BAD_SIGNERS,
  ...BAD_RULES,
  ...REVOKED_CASES,
];
