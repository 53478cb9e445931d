/** What an editor says of a policy, by the server that editors use. Skipped where scripts/peers could not install it. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../support/language-server.ts';
import { peer } from '../support/peers.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const installed = peer('yaml-language-server');
const server = `${installed}/node_modules/yaml-language-server/bin/yaml-language-server`;
const sandbox = useSandbox();

describe.skipIf(installed === undefined)('yaml-language-server, with no network', () => {
  async function written() {
    const { repository, commit, branch } = policyScene('editor', sandbox());
    branch('main', await commit({}));
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const { exit } = await signet(repository, ['policy', 'init', ...trust, 'main', '--write']);
    expect(exit).toBe(0);
    const policy = join(repository.path, '.signet.yaml');
    const said = async (text: string) => {
      writeFileSync(policy, text);
      return (await diagnose(server, policy)).map(({ message }) => message);
    };
    return { repository, text: readFileSync(policy, 'utf8'), said };
  }

  it('finds nothing amiss in what policy init writes, and names a word that is no field', async () => {
    const { text, said } = await written();
    expect(await said(text)).toEqual([]);
    const wrong = await said(text.replace('issuer:', 'isuer:'));
    expect(wrong.join('\n')).toContain('isuer');
  });

  it('says that the schema is missing where it was not committed, instead of saying nothing', async () => {
    const { repository, text, said } = await written();
    rmSync(join(repository.path, '.signet.schema.json'));
    expect((await said(text)).join('\n')).toMatch(/Unable to load schema/);
  });
});
