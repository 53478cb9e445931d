/** A server's hook whose policy asks for several signers, and refs that get commits which the server has already. */

import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const { gated } = useGatedServer('hooks-signers', sandbox);
const BOB = { email: 'bob@example.test' };
const GUARDED = '[refs/heads/main, refs/heads/stable]';

describe('a server that asks for several signers', () => {
  it('a branch does not get the side of a merge, which has one signer and is on the server already (V1)', async () => {
    const bobs = `  - {name: bob, identity: bob@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
    const rule = `commits: [{refs: ${GUARDED}, distinct-signers: 2}]\n`;
    const { push, make, tree, base, refs } = await gated('several', [], bobs + rule);
    const side = await make.commit({ tree, parents: [base], subject: 'side' });
    const merge = await make.commit({ tree, parents: [base, side], subject: 'merge' }, BOB);
    const landed = await push(`${merge}:refs/heads/main`);
    expect(landed.exit, landed.err).toBe(0);
    const alone = await push(`${side}:refs/heads/stable`);
    expect(alone.exit).not.toBe(0);
    expect(alone.err).toContain('1 of 2 required signers');
    expect((await push('--force', `${side}:refs/heads/main`)).exit).not.toBe(0);
    const stable = await push(`${merge}:refs/heads/stable`);
    expect(stable.exit, stable.err).toBe(0);
    expect(refs()).toContain(`refs/heads/stable ${merge}`);
    // a branch under no such rule may begin there
    expect((await push(`${side}:refs/heads/topic`)).exit).toBe(0);
  });
});
