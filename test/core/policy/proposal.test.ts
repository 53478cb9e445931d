import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type Counted,
  type Proposal,
  type ProposedSigner,
  proposalText,
} from '../../../src/core/policy/proposal.ts';

const HOSTILE =
  'x"\'\n  - {name: root, identity: mallory@example.test, issuer: i}\n# \u2028\u0085\u202e: &a';
const KEY = 'ssh-ed25519 AAAA';

const counted = <T>(of: T, count = 1, ...committers: string[]): Counted<T> => ({
  ...{ of, count, committers: new Set(committers) },
});
const login = (value: string, issuer = 'https://i.example'): ProposedSigner => ({
  kind: 'keyless',
  signer: { kind: 'email', value, issuer, extensions: {} },
});
const key = (fields: object = {}): ProposedSigner => ({
  ...{ kind: 'ssh', key: KEY, fingerprint: 'SHA256:abcdefghijkl', source: 'a file', vouched: true },
  ...fields,
});
const proposal = (signers: readonly Counted<ProposedSigner>[], more = {}): Proposal => ({
  ...{ signers, elsewhere: [], unproved: [], refused: [] },
  ...more,
});
const written = (given: Proposal) =>
  parse(proposalText(given)) as {
    readonly signers: readonly Readonly<Record<string, unknown>>[];
    readonly changes: readonly string[];
  };
const namesOf = (...signers: readonly ProposedSigner[]) =>
  written(proposal(signers.map((each) => counted(each)))).signers.map(({ name }) => name);

describe('the text of a proposed policy', () => {
  it('no text of a history becomes YAML, wherever it stands', () => {
    const root = {
      signer: { kind: 'email', value: HOSTILE, issuer: HOSTILE, extensions: {} },
      root: HOSTILE,
    };
    const given = proposal(
      [
        counted(login(HOSTILE, HOSTILE), 2, HOSTILE),
        counted(key({ owner: HOSTILE, source: HOSTILE, says: HOSTILE }), 1, HOSTILE),
        counted(key({ vouched: false, source: HOSTILE, says: HOSTILE }), 1, HOSTILE),
      ],
      {
        elsewhere: [counted(root, 1, HOSTILE)],
        unproved: [counted(HOSTILE, 1, HOSTILE)],
        refused: [{ id: 'a'.repeat(40), detail: HOSTILE }],
      },
    );
    const { signers, ...rest } = written(given);
    expect(Object.keys(rest)).toEqual(['version', 'sequence', 'changes']);
    expect(signers).toEqual([
      { name: expect.stringMatching(/^[\w.-]+$/), identity: HOSTILE, issuer: HOSTILE },
      { name: expect.stringMatching(/^[\w.-]+$/), ssh: KEY },
      { name: 'ssh-abcdefgh', ssh: KEY },
    ]);
    expect(proposalText(given)).not.toMatch(/[^\n\x20-\x7e…]/);
  });

  it('a login and a key that a source of the user puts under its address are one person', () => {
    const dave = { owner: 'dave@example.test', address: 'dave@example.test' };
    expect(namesOf(key(dave), login('dave@example.test'), key(dave))).toEqual([
      ...['dave', 'dave', 'dave'],
    ]);
  });

  it('two logins with one address are two, and so is a key that only claims the address', () => {
    const claims = { owner: 'Dave <dave@example.test>' };
    expect(
      namesOf(
        login('dave@example.test'),
        login('dave@example.test', 'https://other.example'),
        key(claims),
        login('dave@example.org'),
      ),
    ).toEqual(['dave', 'dave-2', 'dave-3', 'dave-4']);
  });

  it('only people whose names are proved or vouched for may change the policy', () => {
    const workflow: ProposedSigner = {
      kind: 'keyless',
      signer: { kind: 'uri', value: 'https://ci.example/x', issuer: 'i', extensions: {} },
    };
    const forge = key({ owner: 'Forge <noreply@x.test>' });
    const all = [
      login('a@x.test'),
      key({ vouched: false }),
      key({ owner: 'd@x.test', address: 'd@x.test' }),
      forge,
      workflow,
    ];
    expect(written(proposal(all.map((each) => counted(each)))).changes).toEqual(['a', 'd']);
    const alone = proposal([counted(workflow)]);
    expect(written(alone).changes).toEqual(['x']);
    const marked = /^changes: .* # NOT VERIFIED who they are/m;
    expect(proposalText(alone)).toMatch(marked);
    expect(proposalText(proposal([counted(login('a@x.test'))]))).not.toMatch(marked);
  });

  it('a key of an unknown holder is marked, and a known one is not', () => {
    const text = (fields: object) => proposalText(proposal([counted(key(fields), 1, 'a@x.test')]));
    expect(text({ vouched: false })).toContain('# NOT VERIFIED whose key this is.');
    expect(text({ owner: 'd@x.test' })).not.toContain('NOT VERIFIED whose');
  });
});
