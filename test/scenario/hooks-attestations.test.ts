/** A server's hook whose policy asks for statements: they come before the push, with it, or not at all. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated } = useGatedServer('hooks-attestations', sandbox);
const COMMITS = 'refs/attestations/commits';
const RULE = 'attestations: [{type: test-result, refs: [refs/heads/main], by: [alice]}]\n';

describe('a server that asks for statements', () => {
  it('a push to main passes with its statement only, and other branches need none (Y4)', async () => {
    const { push, client, make, tree, base, refs } = await gated('attested', [], RULE);
    const next = await make.commit({ tree, parents: [base], subject: 'next' });
    const token = await sandbox().mintToken({ email: 'alice@example.test' });
    const file = join(client.home, 'result.json');
    writeFileSync(file, JSON.stringify({ result: 'PASSED', configuration: [] }));
    const attest = (id: string) =>
      signet(client, ['attest', '--type', 'test-result', '--predicate', file, id], {
        env: { ...sandbox().env, SIGSTORE_ID_TOKEN: token },
      });
    const without = await push(`${next}:refs/heads/main`);
    expect(without.exit).not.toBe(0);
    expect(without.err).toContain('attestations[0] asks for a statement');
    expect((await push(`${next}:refs/heads/topic`)).exit).toBe(0);
    // the commit is known now, and main still asks for its statement
    expect((await push(`${next}:refs/heads/main`)).exit).not.toBe(0);
    expect((await attest(next)).exit).toBe(0);
    const together = await push(`${next}:refs/heads/main`, `${COMMITS}:${COMMITS}`);
    expect(together.exit, together.err).toBe(0);
    expect(refs()).toContain(`refs/heads/main ${next}`);
    const above = await make.commit({ tree, parents: [next], subject: 'above' });
    expect((await attest(above)).exit).toBe(0);
    expect((await push(`${COMMITS}:${COMMITS}`)).exit).toBe(0);
    const later = await push(`${above}:refs/heads/main`);
    expect(later.exit, later.err).toBe(0);
    // what the hook lets pass as statements is no way around it for code
    const kept = client.must('rev-parse', COMMITS);
    const plain = make.unsigned({ tree, parents: [kept], subject: 'unsigned' });
    expect((await push(`${plain}:${COMMITS}`)).exit).toBe(0);
    expect((await push(`${plain}:refs/heads/side`)).exit).not.toBe(0);
  });
});
