import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';
import { codesOf } from '../support/signed-push.ts';

const sandbox = useSandbox();
const { gated } = useGatedServer('push-time', sandbox);

/** The commands of git by which a hook lists the commits of a push, and makes a merge anew. */
type Step = '--date-order' | 'merge-tree';

/** A gate whose git runs `instead` at this step, and a branch with a merge that was not pushed yet. */
async function slowGate(
  name: string,
  { at, instead, options = [] }: { at: Step; instead: string; options?: readonly string[] },
) {
  const made = await gated(name, options, 'commits: [{by: [alice], merges: clean}]\n');
  const { bare, client, make, base, tree } = made;
  const hook = join(bare, 'hooks/pre-receive');
  const [folder, temporary, marker] = ['slow', 'temporary', 'ended'].map((each) =>
    join(client.home, each),
  ) as [string, string, string];
  for (const each of [folder, temporary]) mkdirSync(each);
  const script = `#!/bin/sh
case " $* " in *' ${at} '*) ${instead.replace('ENDED', marker)} ;; esac
PATH='${process.env['PATH']}' exec git "$@"
`;
  writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
  renameSync(hook, `${hook}.ours`);
  const wrapper = `#!/bin/sh\nTMPDIR='${temporary}' PATH="${folder}:$PATH" exec '${hook}.ours'\n`;
  writeFileSync(hook, wrapper, { mode: 0o755 });
  const one = await make.commit({ parents: [base], tree, subject: 'one side' });
  const other = await make.commit({ parents: [base], tree, subject: 'the other side' });
  const merge = await make.commit({ parents: [one, other], tree, subject: 'a merge' });
  const tip = await make.commit({ parents: [merge], tree, subject: 'after the merge' });
  const push = (...refs: readonly string[]) =>
    client.gitMeanwhile({}, 'push', `file://${bare}`, ...refs);
  const left = () => readdirSync(temporary).filter((entry) => entry.startsWith('git-signet'));
  return { ...made, push, one, tip, left, marker };
}

/** A git that ends only if it is told to. Then it says so. It gives up after minutes, in case the test fails. */
const HANGING = `trap 'echo > ENDED; exit 143' TERM; for i in $(seq 3000); do sleep 0.1; done`;

const told = (err: string): string =>
  err
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .join('\n');

describe('a push that takes long to judge', () => {
  it('a server that is slow shows the pusher what it does, in whole lines, and takes the push', async () => {
    // longer than from one line of progress to the next, so that one falls into it on a busy machine too
    const slow = { at: '--date-order', instead: 'sleep 7' } as const;
    const { push, tip, refs } = await slowGate('slow', slow);
    const { exit, err } = await push(`${tip}:refs/heads/main`);
    expect(exit, err).toBe(0);
    expect(refs().trim()).toBe(`refs/heads/main ${tip}`);
    expect(err).not.toContain('\r');
    expect(told(err)).toContain('git-signet: refs/heads/main: reading the new commits');
  });

  it('a server that makes merges slowly shows the pusher how many commits it has judged', async () => {
    const slow = { at: 'merge-tree', instead: 'sleep 2' } as const;
    const { push, tip } = await slowGate('merges', slow);
    const { exit, err } = await push(`${tip}:refs/heads/main`);
    expect(exit, err).toBe(0);
    expect(told(err)).toMatch(/refs\/heads\/main: checked \d of 4/);
  });

  it.each(['--date-order', 'merge-tree'] as const)(
    'a push whose %s is not done in time is refused whole, with a remedy, and leaves no process and no folder (K13)',
    async (at) => {
      const name = `late-${at.replaceAll('-', '')}`;
      const slow = { at, instead: HANGING, options: ['--within', '6s'] } as const;
      const { push, one, tip, base, refs, marker, left } = await slowGate(name, slow);
      const before = refs();
      const ran = await push(`${base}:refs/heads/other`, `${tip}:refs/heads/main`);
      expect(ran.exit).not.toBe(0);
      expect(codesOf(ran), ran.err).toEqual(['push-out-of-time']);
      expect(refs()).toBe(before);
      await vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 20_000 });
      expect(left()).toEqual([]);
      if (at === 'merge-tree') {
        expect(told(ran.err)).toContain(`git push origin ${one}:refs/heads/main`);
      }
    },
  );
});
