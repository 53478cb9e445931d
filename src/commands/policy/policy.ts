/** `git signet policy`: write one, look one over, ask one why. Each is a file of its own, loaded when it is called. */

import type { Command } from '../../cli/command.ts';
import { UsageError } from '../../errors.ts';

export const help = `git signet policy init [REV | A..B] [--write] [--github-web-flow]
git signet policy check [FILE | REV:PATH]
git signet policy use FILE | REV:PATH [--global]
git signet policy explain COMMIT [--ref REF] [the options of verify]

init     a policy from the verified signers of the history (default HEAD), to stdout;
         --write makes .signet.yaml of it, where there is none
check    reads a policy (default .signet.yaml of the work tree) and says what is
         odd in it: rules that nothing reaches, signers past their dates, loose patterns
use      sets signet.policy: git and git signet judge by it, in this repository
explain  each signer and each rule of the policy: why this commit meets it, or not

  git signet policy init --write
  git signet policy explain --policy-from origin/main HEAD

A policy (.signet.yaml; all but version and signers is optional):
  version: 1
  sequence: 1                      # grows with each change; a step back is refused
  since: FULL-HASH                 # it and its ancestors are not judged
  signers:
    - {name: alice, identity: alice@example.com, issuer: https://accounts.example.com,
       from: 2026-01-01, until: 2026-12-31, committers: [alice@users.example]}
    - {name: release, workflow: {repository: acme/app, file: .github/workflows/release.yml,
       ref: 'refs/tags/v*', trigger: push}}
    - {name: web, preset: github-web-flow}     # also: identity-pattern, spiffe, username,
  roles: {maintainers: [alice]}                # openpgp (armored key), ssh (a key's line)
  commits:                         # the first rule whose refs fit governs
    - {refs: [refs/heads/main], by: [maintainers, web], committer: match, author: report,
       sign-off: signer, max-skew: 24h, merges: passing, distinct-signers: 2}
  tags: [{names: ['v*'], by: [release], tagger: match}]
  changes: [maintainers]           # who may change this file

Exit: 0 ok, 2 usage, or a policy that cannot be read; check: 6 when it has findings
`;

const ACTIONS: Readonly<Record<string, () => Promise<{ readonly run: Command }>>> = {
  init: () => import('./init.ts'),
  check: () => import('./check.ts'),
  use: () => import('./use.ts'),
  explain: () => import('./explain.ts'),
};

export const run: Command = async (invocation, commands) => {
  const [action, ...args] = invocation.args;
  const load = action !== undefined && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined) {
    throw new UsageError(
      `policy ${action ?? ''}: expected init, check, use or explain`.replace(' :', ':'),
      {
        hint: 'run: git signet help policy',
      },
    );
  }
  const { run: act } = await load();
  return act({ ...invocation, args }, commands);
};
