/**
 * A clone with an object store that an attacker wrote: under the names of policies, trees and commits lies something
 * else. The gate believes hashes and nothing that git tells it without them.
 */

import { describe, expect, it } from 'vitest';
import { alterations } from '../support/altered-store.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const bob = { email: 'bob@example.test' };

/** A scene with its alterations, and an answer that names the object which is not what its name says. */
function altered(name: string) {
  const scene = policyScene(name, sandbox());
  const store = alterations(scene.repository);
  const refuses = async (object: string, ...args: string[]): Promise<void> => {
    const { exit, out, talk } = await scene.verify(...args);
    expect({ exit, out, talk }).toMatchObject({ exit: 2, out: '' });
    expect(talk).toContain(object);
    expect(talk).toContain('verify in a fresh clone');
  };
  return { ...scene, store, refuses };
}

describe('a policy that is pinned by its commit’s hash', () => {
  const pinned = async (name: string) => {
    const scene = altered(name);
    const { commit, policy, repository } = scene;
    const base = await commit({ files: { '.signet.yaml': policy() } });
    const change = await commit({ parents: [base], by: bob, files: { '.signet.yaml': policy() } });
    const wider = policy('', scene.bob);
    const evil = await commit({ by: bob, files: { '.signet.yaml': wider } });
    const idOf = (path: string) => repository.must('rev-parse', path);
    const from = ['--policy-from', base, `${base}..${change}`];
    expect((await scene.verify(...from)).exit).toBe(6);
    return { ...scene, base, change, evil, wider, idOf, from };
  };

  it('a policy pinned by hash is not replaced by another blob under its name (P17)', async () => {
    const { store, refuses, wider, idOf, base, from } = await pinned('policy-blob');
    const blob = idOf(`${base}:.signet.yaml`);
    store.replace('blob', blob, wider);
    await refuses(blob, ...from);
  });

  it('a policy pinned by hash is not replaced by an altered tree (P17)', async () => {
    const { store, refuses, idOf, base, evil, from } = await pinned('policy-tree');
    const tree = idOf(`${base}^{tree}`);
    store.replace('tree', tree, store.read('tree', idOf(`${evil}^{tree}`)));
    await refuses(tree, ...from);
  });

  it('a policy pinned by hash is not replaced by an altered commit (P17)', async () => {
    const { store, idOf, base, evil, from, verify } = await pinned('policy-commit');
    store.edit('commit', base, (text) =>
      text.replace(/^tree .*/, `tree ${idOf(`${evil}^{tree}`)}`),
    );
    // git hashes the commit that it peels a name to; where it does not, the reader does
    expect((await verify(...from)).exit).toBe(2);
  });

  it("git verify-commit does not take another blob under the policy's name (P17)", async () => {
    const { store, wider, idOf, base, change, repository } = await pinned('policy-git');
    const say = (): string => {
      const trust = ['-c', `signet.trust=${sandbox().files.trustedRoot}`];
      const asked = [
        '-c',
        `signet.policy=${base}:.signet.yaml`,
        'log',
        '-1',
        '--format=%G?',
        change,
      ];
      const program = ['-c', `gpg.x509.program=${programUnderTest()}`];
      return repository.git(...trust, ...program, ...asked).out.trim();
    };
    expect(say()).toBe('U');
    store.replace('blob', idOf(`${base}:.signet.yaml`), wider);
    expect(say()).not.toBe('G');
  });

  it("an altered blob cannot give a parent's policy an older sequence (P17)", async () => {
    const { store, commit, policy, refuses, repository, verify, file } = altered('policy-watched');
    const files = (sequence: number) => ({ '.signet.yaml': policy(`sequence: ${sequence}\n`) });
    const base = await commit({ files: files(5) });
    const back = await commit({ parents: [base], files: files(4) });
    const from = ['--policy', file(policy()), `${base}..${back}`];
    expect((await verify(...from)).said.get(back)).toBe('policy-rolled-back');
    const blob = repository.must('rev-parse', `${base}:.signet.yaml`);
    store.replace('blob', blob, files(1)['.signet.yaml']);
    await refuses(blob, ...from);
  });
});

/** root ← mid ← base on the base's side; root ← unsigned ← tip on the other. */
async function fork(name: string) {
  const scene = altered(name);
  const { commit, policy, file } = scene;
  const root = await commit({ subject: 'root' });
  const mid = await commit({ parents: [root], subject: 'mid' });
  const base = await commit({ parents: [mid], subject: 'base' });
  const unsigned = await commit({ parents: [root], by: 'nobody', subject: 'unsigned' });
  const tip = await commit({ parents: [unsigned], subject: 'tip' });
  const rules = ['--policy', file(policy())];
  const orphan = await commit({ by: 'nobody', subject: 'orphan' });
  return { ...scene, root, mid, base, unsigned, tip, rules, orphan };
}

describe('what a range leaves out', () => {
  it('an altered ancestor of the base cannot leave commits out of a range (P17)', async () => {
    const { store, mid, base, unsigned, tip, rules, verify, refuses } = await fork('excluded');
    const range = [...rules, `${base}..${tip}`];
    expect((await verify(...range)).exit).toBe(5);
    store.claimParents(mid, [unsigned]);
    await refuses(mid, ...range);
  });

  it('an altered ancestor of the start cannot leave commits out of a range (P17)', async () => {
    const { store, root, mid, base, unsigned, rules, verify, refuses, commit } =
      await fork('since');
    const merge = await commit({ parents: [base, unsigned], subject: 'merge' });
    const range = [...rules, '--since', base, `${root}..${merge}`];
    expect((await verify(...range)).exit).toBe(5);
    store.claimParents(mid, [unsigned]);
    await refuses(mid, ...range);
  });

  it('altered commits cannot make commits common to both sides of three dots (P17)', async () => {
    const { store, root, base, orphan, rules, verify, refuses, commit } = await fork('symmetric');
    const tip = await commit({ parents: [root, orphan], subject: 'both' });
    const range = [...rules, `${base}...${tip}`];
    expect((await verify(...range)).exit).toBe(5);
    store.claimParents(root, [orphan]);
    await refuses(root, ...range);
  });

  it('an altered commit inside a range cannot hide its parents (P17)', async () => {
    const { store, root, base, tip, rules, refuses } = await fork('included');
    store.claimParents(tip, [root]);
    await refuses(tip, ...rules, `${base}..${tip}`);
  });

  it('a range is right even if the base went on with merges (P17)', async () => {
    const { root, base, unsigned, tip, rules, verify, commit } = await fork('honest');
    const side = await commit({ parents: [root], subject: 'side' });
    const merged = await commit({ parents: [base, side], subject: 'merged' });
    const fromSide = await commit({ parents: [side], subject: 'from side' });
    const back = await commit({ parents: [fromSide, merged, root], subject: 'back' });
    const { exit, said } = await verify(...rules, `${merged}..${back}`);
    expect({ exit, ids: [...said.keys()].sort() }).toEqual({
      exit: 0,
      ids: [fromSide, back].sort(),
    });
    expect([...(await verify(...rules, `${merged}..${tip}`)).said.keys()].sort()).toEqual(
      [unsigned, tip].sort(),
    );
    expect((await verify(...rules, `${side}...${merged}`)).exit).toBe(0);
  });
});

describe('what descends from what', () => {
  it('a start that only an altered commit leads to is refused (P16, P17)', async () => {
    const { store, root, mid, base, rules, verify, refuses, commit } = await fork('descends');
    const start = await commit({ subject: 'start' });
    const tip = await commit({ parents: [base], subject: 'good' });
    const range = [...rules, '--since', start, `${mid}..${tip}`];
    const said = await verify(...range);
    expect([said.exit, said.talk]).toEqual([2, expect.stringContaining('does not descend')]);
    store.claimParents(root, [start]);
    await refuses(root, ...range);
  });

  it('a base that only an altered commit puts behind the start does not keep its own policy (P17)', async () => {
    const { store, commit, policy, verify, refuses, ...scene } = altered('parents');
    const start = await commit({ files: { '.signet.yaml': policy() } });
    const old = await commit({ subject: 'old' });
    const files = { '.signet.yaml': policy('', scene.bob) };
    const base = await commit({ parents: [old], files });
    const merge = await commit({ parents: [start, base], files: { '.signet.yaml': policy() } });
    const tip = await commit({ parents: [base, merge], by: bob, files });
    const range = ['--policy-from', 'parents', '--since', start, `${base}..${tip}`];
    expect((await verify(...range)).exit).toBe(6);
    store.claimParents(old, [start]);
    await refuses(old, ...range);
  });

  it('`~` is followed through hashed commits (P17)', async () => {
    const { store, mid, base, orphan, tip, rules, verify, refuses, commit, unsigned } =
      await fork('tilde');
    const top = await commit({ parents: [tip], subject: 'top' });
    for (const [name, exit] of [
      [`${top}~2`, 5],
      [`${top}^^`, 5],
      [`${base}~1`, 0],
      [`${base}~1^0^{commit}^{}`, 0],
      [`${base}~0`, 0],
      [`${base}^2`, 2],
      [`${base}~9`, 2],
    ] as const) {
      expect((await verify(...rules, name)).exit, name).toBe(exit);
    }
    expect([...(await verify(...rules, `${top}~2`)).said.keys()]).toEqual([unsigned]);
    store.claimParents(tip, [base]);
    await refuses(tip, ...rules, `${top}~2`);
    store.claimParents(base, [orphan]);
    expect((await verify(...rules, `${base}^`)).exit).toBe(2);
    expect(mid).not.toBe(orphan);
  });

  it('an altered commit cannot hide that a commit had landed before (P17)', async () => {
    const { store, commit, policy, file, verify, refuses, ...scene } = altered('landed');
    const root = await commit({});
    const landed = await commit({ by: bob, parents: [root], subject: 'landed' });
    const above = await commit({ parents: [landed], subject: 'above' });
    const first = await commit({ parents: [above], subject: 'first' });
    const merge = await commit({ parents: [first, landed], subject: 'merge' });
    const rules = file(policy('commits: [{distinct-signers: 2}]\n', scene.bob));
    const asked = ['--policy', rules, merge];
    expect((await verify(...asked)).said.get(merge)).toBe('too-few-signers');
    store.claimParents(above, [root]);
    await refuses(above, ...asked);
  });
});

describe('a clean merge', () => {
  const merges = async (name: string) => {
    const scene = altered(name);
    const { commit, policy } = scene;
    const files = (more: object = {}) => ({
      '.signet.yaml': policy('commits: [{merges: clean}]\n'),
      ...more,
    });
    const root = await commit({ files: files({ a: 'root' }) });
    const base = await commit({ parents: [root], files: files({ a: 'base' }) });
    const left = await commit({ parents: [base], files: files({ a: 'base', left: '1' }) });
    const right = await commit({ parents: [base], files: files({ a: 'base', right: '1' }) });
    const evil = { a: 'base', left: '1', right: '1', evil: '1' };
    const merge = await commit({ parents: [left, right], files: files(evil) });
    const range = ['--policy-from', base, `${base}..${merge}`];
    expect((await scene.verify(...range)).said.get(merge)).toBe('merge-not-clean');
    const treeOf = async (more: object): Promise<string> =>
      scene.repository.must('rev-parse', `${await commit({ files: files(more) })}^{tree}`);
    return { ...scene, files, root, base, left, right, merge, range, treeOf };
  };

  it("an altered tree of a parent cannot change git's merge (P17)", async () => {
    const { store, right, treeOf, refuses, range, repository } = await merges('merge-tree');
    const tree = repository.must('rev-parse', `${right}^{tree}`);
    const other = await treeOf({ a: 'base', right: '1', evil: '1' });
    store.replace('tree', tree, store.read('tree', other));
    await refuses(tree, ...range);
  });

  it("an altered merge base cannot change git's merge (P17)", async () => {
    const { store, commit, files, root, left, refuses, verify } = await merges('merge-base');
    const side = await commit({ parents: [left], files: files({ a: 'root' }) });
    const between = await commit({ parents: [left], files: files({ a: 'base' }) });
    const other = await commit({ parents: [between], files: files({ a: 'base' }) });
    // over the root, keeping the root's files changes nothing
    const merge = await commit({ parents: [side, other], files: files({ a: 'base' }) });
    const asked = ['--policy-from', root, merge];
    expect((await verify(...asked)).said.get(merge)).toBe('merge-not-clean');
    store.claimParents(between, [root]);
    await refuses(between, ...asked);
  });

  it("a clean merge of histories that cross is git's own merge (P17)", async () => {
    const { commit, files, base, verify } = await merges('criss-cross');
    const one = await commit({
      parents: [base],
      files: files({ a: 'base', one: '1' }),
      date: 1_800_000_001,
    });
    const two = await commit({
      parents: [base],
      files: files({ a: 'base', two: '1' }),
      date: 1_800_000_002,
    });
    const both = { a: 'base', one: '1', two: '1' };
    const left = await commit({ parents: [one, two], files: files(both) });
    const right = await commit({ parents: [two, one], files: files(both) });
    const leftOn = await commit({ parents: [left], files: files({ ...both, left: '1' }) });
    const rightOn = await commit({ parents: [right], files: files({ ...both, right: '1' }) });
    const sum = { ...both, left: '1', right: '1' };
    const good = await commit({ parents: [leftOn, rightOn], files: files(sum) });
    const evil = await commit({ parents: [leftOn, rightOn], files: files({ ...sum, evil: '1' }) });
    const from = (tip: string) => verify('--policy-from', base, `${base}..${tip}`);
    expect((await from(good)).exit).toBe(0);
    expect((await from(evil)).said.get(evil)).toBe('merge-not-clean');
  });
});
