/** Statements and the agent: one login serves commits and statements. */

import { expect, it } from 'vitest';
import { agentsOf, countLogins, type Machine, useMachine } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

it('the agent signs a statement with the login of a commit', async () => {
  const logins = countLogins(sandbox());
  await machine.must(work, 'commit', '-q', '--allow-empty', '-m', 'one');
  await machine.must(work, 'branch', 'base');
  await machine.must(work, 'commit', '-q', '--allow-empty', '-m', 'two');
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  const flags = [...trust, 'HEAD', '--for', 'refs/heads/base'];
  const approved = await machine.signet(work, ['approve', ...flags]);
  expect(approved.exit, approved.err).toBe(0);
  expect(logins.count().logins).toBe(1);
  const [agent] = await agentsOf(machine);
  expect(agent?.credentials).toMatchObject([{ identity: 'alice@example.test', signatures: 3 }]);
  const files = await machine.must(work, 'ls-tree', '-r', 'refs/attestations/commits');
  const [, blob = ''] = /^\d+ blob (\S+)\t\S+\.sigstore\.json$/m.exec(files) ?? [];
  const bundle = await machine.must(work, 'cat-file', 'blob', blob);
  const { payload } = JSON.parse(bundle).dsseEnvelope;
  const { subject } = JSON.parse(Buffer.from(payload, 'base64').toString());
  const head = await machine.must(work, 'rev-parse', 'HEAD');
  expect(subject).toContainEqual({ digest: { gitCommit: head } });
});
