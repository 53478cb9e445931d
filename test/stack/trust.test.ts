/** A private instance set up by one command, from its TUF mirror or from one file, and nothing else said. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ran, runMeanwhile } from '../support/git-repository.ts';
import { peer, run } from '../support/peers.ts';
import {
  ALICE,
  executable,
  forms,
  type StackRepository,
  stack,
  stackRepository,
  tokenOf,
  who,
  without,
} from '../support/stack.ts';
import { makeTufRepository } from '../support/tuf-repository.ts';

/** `git-signet ARGS` with nothing set but what git's configuration says. */
const plain = (
  { form, path, env }: StackRepository,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Ran> => runMeanwhile(form.program, args, { cwd: path, env: { ...env, ...more } });

const commit = async (repository: StackRepository): Promise<Ran> =>
  repository.gitMeanwhile(
    { env: { SIGSTORE_ID_TOKEN: await tokenOf() } },
    ...['commit', '-q', '--allow-empty', '-S', '-m', 'a change'],
  );

const MIRROR = ['--mirror', stack.urls.tuf, '--root', stack.tufRoot];
const FILE = ['--from', stack.files.clientTrustConfig];

describe.each(forms)('the $name', (form) => {
  it.each([
    ['its mirror', MIRROR],
    ['one file', FILE],
  ])('signs and verifies with what %s says', async (_, flags) => {
    const repository = stackRepository(form);
    expect(await plain(repository, ['trust', 'init', ...flags])).toMatchObject({ exit: 0 });
    expect(await commit(repository)).toMatchObject({ exit: 0 });
    // the mirror is not asked for a verdict
    const verified = await without('web', () =>
      repository.gitMeanwhile({}, 'verify-commit', 'HEAD'),
    );
    expect([verified.exit, verified.err]).toEqual([
      0,
      expect.stringContaining(`good signature by ${ALICE}`),
    ]);
    const judged = await plain(repository, ['verify', ...who(), 'HEAD']);
    expect(judged).toMatchObject({ exit: 0 });
    const shown = await plain(repository, ['trust', 'show']);
    expect(shown.out).toContain(stack.urls.rekorV2);
  });

  it('does not believe the mirror under another root', async () => {
    const repository = stackRepository(form);
    const other = join(repository.home, 'root.json');
    writeFileSync(other, makeTufRepository({ targets: {} }).root());
    const refused = await plain(repository, [
      ...['trust', 'init', '--mirror', stack.urls.tuf, '--root', other],
    ]);
    expect(refused.exit).toBe(1);
    expect(repository.git('config', 'signet.trust').exit).toBe(1);
  });

  it('leaves other repositories to their own instance', async () => {
    const ours = stackRepository(form);
    await plain(ours, ['trust', 'init', ...FILE]);
    expect(await commit(ours)).toMatchObject({ exit: 0 });
    const elsewhere = stackRepository(form);
    elsewhere.must('fetch', '-q', ours.path, 'HEAD');
    const judged = await plain(elsewhere, ['verify', ...who(), 'FETCH_HEAD']);
    expect(judged.exit).toBe(1);
  });
});

describe('the mirror', () => {
  const cosign = peer('cosign');
  it.skipIf(cosign === undefined)('is good for cosign too', async () => {
    const { home } = stackRepository(executable);
    expect(await run(cosign ?? '', ['initialize', ...MIRROR], { cwd: home })).toMatchObject({
      code: 0,
    });
  });

  const python = peer('sigstore-python');
  it.skipIf(python === undefined)('is good for sigstore-python too', async () => {
    const { home } = stackRepository(executable);
    const flags = ['--instance', stack.urls.tuf, 'trust-instance', stack.tufRoot];
    expect(await run(python ?? '', flags, { cwd: home })).toMatchObject({ code: 0 });
  });
});
