/** `git signet policy`: write one, look one over, ask one why. Each is a file of its own, loaded when it is called. */

import type { Command } from '../../cli/command.ts';

const SAMPLE = `version: 1
sequence: 1                   # grows with each change; a step back is refused
since: FULL-HASH              # it and its ancestors are not judged
signers:
  - {name: alice, identity: alice@example.com, until: 2026-12-31,
     issuer: https://accounts.example.com, committers: [alice@users.example]}
  - {name: release, workflow: {repository: acme/app, trigger: push,
     file: .github/workflows/release.yml, ref: 'refs/tags/v*'}}
  - {name: web, preset: github-web-flow} # also: identity-pattern, spiffe,
roles: {maintainers: [alice]}            # username, openpgp, ssh; from: DATE
commits:                      # the first rule whose refs fit governs
  - {refs: [refs/heads/main], by: [maintainers, web], committer: match,
     sign-off: signer, max-skew: 24h, merges: passing, distinct-signers: 2,
     carried: {how: [squash]}, approvals: {count: 1}}
tags: [{names: ['v*'], by: [release], tagger: match}]
attestations: [{type: test-result, by: [release], names: ['v*']}]
vsa: {by: [release]}          # whose summaries a gate may start from
push: signed                  # a server's hook takes only signed pushes
changes: [maintainers]        # who may change this file
revoked: [{certificate: SHA-256, reason: stolen}] # or identity, log, key`;

export const command: Command = {
  summary: 'who may sign: init, check, explain',
  subcommands: {
    init: () => import('./init.ts'),
    check: () => import('./check.ts'),
    use: () => import('./use.ts'),
    explain: () => import('./explain.ts'),
  },
  about: [],
  sample: {
    title: 'A policy (.signet.yaml, all but version and signers is optional)',
    text: SAMPLE,
  },
  exits: { 0: 'ok', 2: 'usage, or a policy that cannot be read', 6: 'check has findings' },
};
