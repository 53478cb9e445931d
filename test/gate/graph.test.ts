import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import type { IdentityPolicy, Outcome } from '../../src/core/verdict.ts';
import { createGraph, type GraphSettings } from '../../src/gate/graph.ts';
import { parsePolicy } from '../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';

/** A verified signature by the account that the policies below name so. */
const by = (value: string, rule: string): Outcome => ({
  ...{ status: 'verified', rule, times: [] },
  signer: { kind: 'email', value, issuer: 'c', extensions: {} },
  certificate: { sha1: '', sha256: '', notBefore: 0, notAfter: 0 },
});
const verified = by('b', 'a');
const unsigned = { status: 'unsigned', check: 'object', code: 'unsigned', detail: '' } as const;

/** No rule of these policies asks for approvals. */
const approvals = () => Promise.reject(new Error('no rule asks for approvals'));

const ids = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(40, '0'));
const parents = [...ids, ...ids].map((id) => `parent ${id}\n`).join('');
const PEOPLE = 'author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n';
const raw = utf8(`tree ${'1'.repeat(40)}\n${parents}${PEOPLE}\nm\n`);

describe('a single commit with many parents', () => {
  it.each([
    ['if it does not pass, no parent is judged', unsigned, 0],
    ['if it passes, each parent is judged once', verified, 39],
  ] as const)('a commit with many parents: %s (I05)', async (_name, outcome, times) => {
    const text = `version: 1
signers: [{name: a, identity: b, issuer: c}, {name: d, identity: e, issuer: c}]
commits: [{merges: passing, distinct-signers: 2}]`;
    const asked: string[] = [];
    const settings: GraphSettings = {
      policy: await parsePolicy(utf8(text), 'p', nodeCrypto),
      ref: 'refs/heads/main',
      byParents: false,
      landings: new Set(),
      alone: async (id) => {
        asked.push(id);
        return verified;
      },
      reached: async (id) => id === ids[0],
      mergeTree: async () => undefined,
      approvals,
    };
    const commit = { id: 'f'.repeat(40), raw, single: true };
    const result = await createGraph(settings)(commit, outcome);
    expect(result).toMatchObject(times === 0 ? unsigned : { code: 'too-few-signers' });
    expect(asked.length).toBe(times);
  });
});

/** A graph of the policy for main, whose only landing is `top`. */
const graphOf = async (text: string, top: string) =>
  createGraph({
    policy: await parsePolicy(utf8(text), 'p', nodeCrypto),
    ref: 'refs/heads/main',
    byParents: false,
    landings: new Set([top]),
    alone: async () => undefined,
    reached: async () => false,
    mergeTree: async () => undefined,
    approvals,
  });

it('a landing may bring a commit with tens of thousands of parents (I05)', async () => {
  const text = `version: 1
signers: [{name: a, identity: b, issuer: c}, {name: d, identity: e, issuer: c}]
commits: [{distinct-signers: 2}]`;
  const [first = '', wide = '', top = ''] = ids;
  const graph = await graphOf(text, top);
  const commit = (id: string, above: string) => ({
    ...{ id, single: false },
    raw: utf8(`tree ${'1'.repeat(40)}\n${above}${PEOPLE}\nm\n`),
  });
  await graph(commit(wide, `parent ${first}\n`.repeat(60_000)), by('e', 'd'));
  const landing = commit(top, `parent ${first}\nparent ${wide}\n`);
  expect(await graph(landing, verified)).toEqual(verified);
});

it('with the policies of the parents, a merge counts commits from before a rule that counts (V2)', async () => {
  const signers = '{name: a, identity: b, issuer: c}, {name: d, identity: e, issuer: c}';
  const read = (more: string) =>
    parsePolicy(utf8(`version: 1\nsigners: [${signers}]\n${more}`), 'p', nodeCrypto);
  const [plain, counting] = await Promise.all([read(''), read('commits: [{distinct-signers: 2}]')]);
  const [base = '', side = '', top = ''] = ids;
  const graph = createGraph({
    ...{ policy: plain, ref: 'refs/heads/main', byParents: true, landings: new Set([top]) },
    alone: async () => undefined,
    reached: async () => false,
    mergeTree: async () => undefined,
    approvals,
  });
  const commit = (
    id: string,
    policies: readonly IdentityPolicy[],
    ...above: readonly string[]
  ) => ({
    ...{ id, single: false, policies },
    raw: utf8(
      `tree ${'1'.repeat(40)}\n${above.map((each) => `parent ${each}\n`).join('')}${PEOPLE}\nm\n`,
    ),
  });
  await graph(commit(side, [plain], base), by('b', 'a'));
  const landed = await graph(commit(top, [counting, plain], base, side), by('e', 'd'));
  expect(landed).toEqual(by('e', 'd'));
});

describe('how many people sign a landing', () => {
  const [base = '', side = '', top = ''] = ids;
  const landing = async (
    signers: string,
    ...both: readonly [Outcome, Outcome]
  ): Promise<Outcome> => {
    const text = `version: 1\nsigners: [${signers}]\ncommits: [{distinct-signers: 2}]`;
    const graph = await graphOf(text, top);
    const commit = (id: string, ...above: readonly string[]) => ({
      ...{ id, single: false },
      raw: utf8(
        `tree ${'1'.repeat(40)}\n${above.map((each) => `parent ${each}\n`).join('')}${PEOPLE}\nm\n`,
      ),
    });
    await graph(commit(side, base), both[0]);
    return graph(commit(top, base, side), both[1]);
  };
  const few = { status: 'not-allowed', code: 'too-few-signers' };

  it('two accounts under one name count as one person (V1)', async () => {
    const one = '{name: a, identity: b, issuer: c}, {name: a, identity: e, issuer: c}';
    expect(await landing(one, by('b', 'a'), by('e', 'a'))).toMatchObject(few);
    const two = '{name: a, identity: b, issuer: c}, {name: d, identity: e, issuer: c}';
    expect(await landing(two, by('b', 'a'), by('e', 'd'))).toEqual(by('e', 'd'));
  });

  it('one account that two entries fit counts as one person, whichever entry allowed it (V2)', async () => {
    const signers =
      '{name: a, identity: b, issuer: c}, {name: staff, identity-pattern: b|e, issuer: c}';
    expect(await landing(signers, by('b', 'a'), by('b', 'staff'))).toMatchObject(few);
    expect(await landing(signers, by('b', 'a'), by('e', 'staff'))).toEqual(by('e', 'staff'));
  });
});
