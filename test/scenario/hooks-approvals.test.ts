/** A server whose protected refs ask for approvals gets commits that another ref of it has already. */

import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated } = useGatedServer('hooks-approvals', sandbox);
const STATEMENTS = 'refs/attestations/*:refs/attestations/*';
const MAIN = 'refs/heads/main';
const [ONE, TWO] = ['refs/heads/release/1', 'refs/heads/release/2'];
const FEW = /0 of 1 required approvals for refs\/heads\/release\/\d/;

async function server(name: string, approvals: string) {
  const bob = `  - {name: bob, identity: bob@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
  const guarded = `[${MAIN}, 'refs/heads/release/*']`;
  const rule = `commits: [{refs: ${guarded}, approvals: {${approvals}}}, {}]\n`;
  const made = await gated(name, [], bob + rule);
  const { client, make, tree } = made;
  const token = await sandbox().mintToken({ email: 'bob@example.test' });
  const env = { ...client.env, ...sandbox().env, SIGSTORE_ID_TOKEN: token };
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const approve = async (name: string, ref: string): Promise<void> => {
    const asked = ['approve', ...trust, '--for', ref, name];
    const { exit, talk } = await signetProcess({ path: client.path, env }, asked);
    expect(exit, talk).toBe(0);
  };
  const above = (parent: string, subject: string) =>
    make.commit({ tree, parents: [parent], subject });
  return { ...made, approve, above };
}

describe('a commit that a server knows already', () => {
  it('a new protected branch gets a commit of main only with an approval for that branch (B3)', async () => {
    const { approve, above, base, push, refs } = await server('from-main', 'count: 1');
    const tip = await above(base, 'a change');
    await approve(`${base}..${tip}`, MAIN);
    expect((await push(`${tip}:${MAIN}`, STATEMENTS)).exit).toBe(0);
    const refused = await push(`${tip}:${ONE}`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toMatch(FEW);
    // a branch without such a rule takes it
    expect((await push(`${tip}:refs/heads/topic`)).exit).toBe(0);
    await approve(`${base}..${tip}`, ONE);
    const taken = await push(`${tip}:${ONE}`, STATEMENTS);
    expect(taken.exit, taken.err).toBe(0);
    expect(refs()).toContain(`${ONE} ${tip}`);
  });

  it('commits that were approved for one protected branch are no start of another (B3)', async () => {
    const { approve, above, base, push, refs } = await server('from-release', 'count: 1');
    const first = await above(base, 'first');
    await approve(`${base}..${first}`, ONE);
    expect((await push(`${first}:${ONE}`, STATEMENTS)).exit).toBe(0);
    const second = await above(first, 'second');
    await approve(`${first}..${second}`, TWO);
    const refused = await push(`${second}:${TWO}`, STATEMENTS);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toMatch(FEW);
    expect(refused.err).toMatch(/not allowed.*first/);
    await approve(`${base}..${second}`, TWO);
    const taken = await push(`${second}:${TWO}`, STATEMENTS);
    expect(taken.exit, taken.err).toBe(0);
    expect(refs()).toContain(`${TWO} ${second}`);
  });

  it('an approval that the rule wants for main counts for each protected branch', async () => {
    const { approve, above, base, push } = await server('for-main', `count: 1, for: ${MAIN}`);
    const tip = await above(base, 'a change');
    await approve(`${base}..${tip}`, MAIN);
    expect((await push(`${tip}:${ONE}`, STATEMENTS)).exit).toBe(0);
    const again = await push(`${tip}:${TWO}`);
    expect(again.exit, again.err).toBe(0);
    const more = await above(tip, 'not approved');
    expect((await push(`${more}:${TWO}`)).exit).not.toBe(0);
  });
});
