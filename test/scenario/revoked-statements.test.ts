/** A later policy of a range revokes the account that made a statement or an approval about its commits. */

import { describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const HOUR = 3600;

/** A history whose commits need a word of bob. alice writes, and changes the policy. */
async function history(name: string, rule: string) {
  const scene = approvalScene(name, sandbox());
  const { commit, repository, issuer, policy, signer, now } = scene;
  const moment = (seconds: number): string =>
    `'${new Date(seconds * 1000).toISOString().slice(0, 19)}Z'`;
  /** bob's account was taken over around now, or long ago. */
  const about = (time: number): string =>
    `revoked: [{identity: bob@example.test, issuer: '${issuer}', from: ${moment(time - HOUR)}, until: ${moment(time + HOUR)}, reason: taken over}]\n`;
  const text = (sequence: number, more = ''): string =>
    policy(`sequence: ${sequence}\nchanges: [alice]\n${rule}${more}`, signer('bob'));
  const change = (parent: string | undefined, file: string) =>
    commit({ parents: parent === undefined ? [] : [parent], files: { '.signet.yaml': file } });
  const root = await change(undefined, text(1));
  const first = await commit({
    parents: [root],
    subject: 'first',
    files: { '.signet.yaml': text(1), a: '1' },
  });
  const taken = await change(first, text(2, about(now)));
  const long = await change(first, text(2, about(now - 100 * HOUR)));
  /** bob's word about the tip of a range, by each source of the policy. */
  const judged = async (id: string): Promise<readonly unknown[]> => {
    const sources = [
      ['--policy-from', root],
      ['--policy', scene.file(text(1))],
      ['--policy-from', 'parents', '--since', root],
    ];
    const found: unknown[] = [];
    for (const source of sources) {
      const { said } = await scene.verify(...source, '--ref', MAIN, `${root}..${id}`);
      found.push(said.get(id));
    }
    return found;
  };
  const bob = async () => {
    const token = await sandbox().mintToken({ email: 'bob@example.test' });
    return { ...sandbox().env, SIGSTORE_ID_TOKEN: token };
  };
  return { ...scene, repository, root, first, taken, long, judged, bob };
}

const all = (word: string): readonly string[] => [word, word, word];

describe('an entry of a later policy', () => {
  it('takes back a statement about a commit of the range, if it was made within the window (V10)', async () => {
    const made = await history('statement', `attestations: [{type: 'urn:t', refs: [${MAIN}]}]\n`);
    const { taken, long, first, judged, repository, file, bob } = made;
    const env = await bob();
    for (const id of [first, taken, long]) {
      const args = ['attest', '--type', 'urn:t', '--predicate', file('{}', 'p.json'), id];
      expect((await signet(repository, args, { env })).exit).toBe(0);
    }
    expect(await judged(first)).toEqual(all('verified alice'));
    expect(await judged(long)).toEqual(all('verified alice'));
    expect(await judged(taken)).toEqual(all('attestation-missing'));
  });

  it('takes back an approval of the range, if it was made within the window (V10, B11)', async () => {
    const made = await history('approval', `commits: [{refs: [${MAIN}], approvals: {count: 1}}]\n`);
    const { taken, long, first, judged, root, approve } = made;
    for (const id of [first, taken, long]) await approve(id, { base: root });
    expect(await judged(first)).toEqual(all('verified alice'));
    expect(await judged(long)).toEqual(all('verified alice'));
    expect(await judged(taken)).toEqual(all('too-few-approvals'));
  });
});
