import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Schema = { readonly [key: string]: unknown };
const url = new URL('../../schema/policy.schema.json', import.meta.url);
const schema = JSON.parse(readFileSync(url, 'utf8')) as Schema;

/** Every key that a policy may hold, anywhere in it. */
function keysOf(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  const { properties, ...rest } = node as Schema;
  for (const [key, below] of Object.entries((properties ?? {}) as Schema)) {
    found.add(key);
    keysOf(below, found);
  }
  for (const below of Object.values(rest)) keysOf(below, found);
  return found;
}

/** Where a key has a fixture that is refused because of it, and one that is not: file and what the test is called there. */
const FIXTURES: Readonly<Record<string, readonly [file: string, name: RegExp]>> = {
  version: ['support/policy-corpus.ts', /another version/],
  sequence: [
    'scenario/policy-sources.test.ts',
    /an older policy, or another one with the same sequence/,
  ],
  since: ['scenario/policy-sources.test.ts', /since leaves out only the start/],
  unlogged: ['scenario/unlogged.test.ts', /unlogged/],
  signers: ['core/policy/identity.test.ts', /a policy without rules allows no signer/],
  roles: ['core/policy/decide.test.ts', /'roles'/],
  commits: ['core/policy/decide.test.ts', /'refs'/],
  tags: ['scenario/policy-tags.test.ts', /a tag is judged by the rules for tags/],
  attestations: ['core/policy/attestations.test.ts', /a policy asks for statements/],
  type: ['core/policy/attestations.test.ts', /a short name means its predicate type/],
  push: ['core/policy/push.test.ts', /asks for all refs, for some refs, or for none/],
  changes: ['scenario/policy-sources.test.ts', /a signer that may not change the policy/],
  vsa: ['scenario/vsa-start.test.ts', /a signer whom the policy does not name for summaries/],
  links: ['scenario/vsa-start.test.ts', /a chain of more summaries than the policy allows/],
  name: ['support/policy-corpus.ts', /no name/],
  from: ['core/policy/decide.test.ts', /'from'/],
  until: ['core/policy/decide.test.ts', /'until'/],
  committers: ['core/policy/decide.test.ts', /'committers'/],
  identity: ['core/policy/decide.test.ts', /'identity P12'/],
  issuer: ['core/policy/decide.test.ts', /'issuer P03'/],
  'identity-pattern': ['core/policy/decide.test.ts', /'identity-pattern P02'/],
  workflow: ['core/policy/decide.test.ts', /a workflow is its repository/],
  repository: ['core/policy/decide.test.ts', /a fork that runs our file/],
  file: ['core/policy/decide.test.ts', /a renamed workflow/],
  ref: ['core/policy/decide.test.ts', /another branch/],
  trigger: ['core/policy/decide.test.ts', /a pull request/],
  environment: ['core/policy/decide.test.ts', /environment and repository-id/],
  'repository-id': ['core/policy/decide.test.ts', /environment and repository-id/],
  spiffe: ['core/policy/decide.test.ts', /spiffe: an id/],
  username: ['core/policy/decide.test.ts', /username: an otherName/],
  openpgp: ['scenario/policy-mixed.test.ts', /forged noreply, own key/],
  ssh: ['scenario/policy-mixed.test.ts', /ssh of another/],
  preset: ['gate/keys/openpgp.test.ts', /no other key passes/],
  refs: ['core/policy/decide.test.ts', /'refs'/],
  by: ['core/policy/decide.test.ts', /'by'/],
  committer: ['core/policy/decide.test.ts', /'committer P10'/],
  author: ['core/policy/decide.test.ts', /'author G14'/],
  'sign-off': ['core/policy/decide.test.ts', /'sign-off'/],
  'max-skew': ['core/policy/decide.test.ts', /'max-skew G15'/],
  merges: ['scenario/policy-mixed.test.ts', /a merge of allowed parents/],
  'distinct-signers': ['scenario/policy-mixed.test.ts', /distinct-signers needs two signers/],
  approvals: ['support/policy-corpus.ts', /approvals in both kinds of rules/],
  count: ['support/policy-corpus.ts', /approvals without a count/],
  not: ['support/policy-corpus.ts', /approvals not by the committer/],
  for: ['support/policy-corpus.ts', /approvals for several refs/],
  carried: ['support/policy-corpus.ts', /carried for tags/],
  how: ['support/policy-corpus.ts', /carried without a way/],
  heads: ['support/policy-corpus.ts', /heads: \['pull/],
  names: ['core/policy/decide.test.ts', /'names'/],
  tagger: ['core/policy/decide.test.ts', /'tagger'/],
  revoked: ['core/policy/revocations.test.ts', /an account is hit within the window/],
  certificate: ['core/policy/revocations.test.ts', /a certificate is hit by its fingerprint/],
  log: ['core/policy/revocations.test.ts', /a log entry is hit by log and index/],
  index: ['core/policy/revocations.test.ts', /a log entry is hit by log and index/],
  key: ['core/policy/revocations.test.ts', /a key is hit by its fingerprint/],
  reason: ['support/policy-corpus-revoked.ts', /revoked: no reason/],
  except: ['core/policy/revocations.test.ts', /an exception holds for that object alone/],
};

describe('no field of a policy is accepted and ignored (X11)', () => {
  const here = new URL('..', import.meta.url);

  it('every key of the policy schema has a fixture', () => {
    expect(Object.keys(FIXTURES).sort()).toEqual([...keysOf(schema)].sort());
  });

  it.each(Object.entries(FIXTURES))(
    'the policy field %s has a test (X11)',
    (_key, [file, name]) => {
      expect(readdirSync(here, { recursive: true })).toContain(file);
      expect(readFileSync(new URL(file, here), 'utf8')).toMatch(name);
    },
  );
});
