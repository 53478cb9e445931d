/** `scripts/check-release`: a user checks what was downloaded, from a clone, by one command. */

import { renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../support/peers.ts';
import { proved, RELEASER, RELEASING } from '../support/provenance.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder as a user has it: one file of the release, the sums, the provenance. */
async function download() {
  const token = await sandbox().mintToken({ workflow: RELEASING });
  const { file, bundle, changed, folder } = await proved(sandbox().environment({ token }));
  renameSync(bundle, join(folder, 'git-signet-1.2.3.provenance.sigstore.json'));
  const check = (identity = RELEASER, ...more: readonly string[]) =>
    run(
      'scripts/check-release',
      [
        ...[folder, '--certificate-identity', identity],
        ...['--certificate-oidc-issuer', sandbox().urls.issuer],
        ...['--trusted-root', sandbox().files.trustedRoot, ...more],
      ],
      { cwd: root },
    );
  return { file, changed, folder, check };
}

describe('scripts/check-release', () => {
  it('a download is good, a changed byte is named, and another signer is refused', async () => {
    const { file, changed, check } = await download();
    const good = await check();
    expect(good.stderr).toContain(`check-release: good: ${basename(file)}\n`);
    expect(good.stderr).toContain(`2 files are what ${RELEASER} built`);
    expect([good.code, good.stdout]).toEqual([0, '']);

    const other = await check(`${RELEASER}0`);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('it is signed by')]);

    renameSync(changed, file);
    const bad = await check();
    expect(bad.stderr).toBe(
      `check-release: ${basename(file)} is not the file that SHA256SUMS lists\ncheck-release: do not install these files\n`,
    );
    expect(bad.code).toBe(1);
  });

  it('without a signer, with an unknown option or an unreadable root it says how it is called', async () => {
    const { folder, check } = await download();
    const bare = await run('scripts/check-release', [folder], { cwd: root });
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('the signer')]);
    expect((await check(RELEASER, '--any-identity')).code).toBe(2);
    expect((await check(RELEASER, '--trusted-root', join(folder, 'absent'))).code).toBe(2);
  });
});
