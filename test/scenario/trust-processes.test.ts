/** T07 twenty programs at once, as in a rebase by twenty hands or a CI that starts everything together. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { otherRoot, type TestMirror, testMirror, VECTOR_TARGETS } from '../support/tuf-mirror.ts';
import { signet } from '../support/verify-scenario.ts';

let mirror: TestMirror;
beforeAll(async () => {
  mirror = await testMirror();
});
afterAll(() => mirror.close());

describe('twenty processes (T07)', () => {
  it('twenty processes ask for one trust root at once, and none fails (T07)', async () => {
    const { path, env, home } = scratchRepository('twenty', { 'signet.trust': mirror.setting });
    const update = () => runMeanwhile(programUnderTest(), ['trust', 'update'], { cwd: path, env });
    const all = await Promise.all(Array.from({ length: 20 }, update));
    expect(all.map(({ exit, err }) => [exit, err])).toEqual(all.map(() => [0, '']));
    const share = join(home, '.local/share/git-signet/trust');
    const [folder = ''] = readdirSync(share);
    expect(readdirSync(join(share, folder))).toEqual(['state.json']);
    const shown = await signet({ path, env }, ['trust', 'show']);
    expect(shown, shown.talk).toMatchObject({ exit: 0 });
    mirror.repository.publish({
      targets: { ...VECTOR_TARGETS, 'trusted_root.json': otherRoot('next') },
    });
    const next = await Promise.all([update(), update(), update()]);
    expect(next.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    const { out } = await signet({ path, env }, ['trust', 'show']);
    expect(out).toMatch(/targets 2 /);
  });
});
