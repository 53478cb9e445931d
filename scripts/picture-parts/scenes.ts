/** What the terminals of the pictures show. */

import type { Scene } from './terminal-picture.ts';

/** A repository with one commit that is older than git-signet, and a branch on which work begins. */
const OLD_PROJECT = `git init -q -b main parser && cd parser
git -c commit.gpgSign=false commit -q --allow-empty -m 'parser: begin'
`;

export const firstCommit: Scene = {
  title: 'The first signed commit',
  columns: 80,
  runs: [
    {
      options: ['--browser'],
      before: `git config --global signet.publishIdentity ask\n${OLD_PROJECT}`,
      steps: ['git commit --allow-empty -m "first signed commit"', 'git verify-commit HEAD'],
      answers: [[/always\]/, 'y']],
    },
  ],
};

/** The range is four commits by two people. Each of them has a sandbox run of its own, over the same state. */
export const verifyRange: Scene = {
  title: 'Four commits of a branch are judged',
  columns: 80,
  runs: [
    {
      options: ['--user', 'mallory@example.org'],
      before: `${OLD_PROJECT}git switch -q -c topic
git commit -q --allow-empty -m 'ci: faster'
`,
      steps: [],
    },
    {
      options: [],
      before: `cd parser
git switch -q main
printf '%s\\n' 'version: 1' 'signers:' "  - {name: alice, identity: alice@example.test, issuer: '$GITSIGN_OIDC_ISSUER'}" > .signet.yaml
git add .signet.yaml && git commit -q -m 'policy: name who may sign'
git update-ref refs/remotes/origin/main HEAD
git switch -q topic
git commit -q --allow-empty -m 'parser: refuse trailing bytes'
git -c commit.gpgSign=false commit -q --allow-empty -m 'wip'
git commit -q --allow-empty -m 'docs: tpyo'
git reset -q --soft "$(git cat-file commit HEAD | sed 's/tpyo/typo/' | git hash-object -t commit -w --stdin)"
`,
      steps: ['git signet verify --policy-from origin/main origin/main..HEAD'],
    },
  ],
};

export const doctor: Scene = {
  title: 'git signet doctor',
  columns: 80,
  runs: [
    {
      options: [],
      before: `${OLD_PROJECT}git config commit.gpgSign false`,
      steps: ['git signet doctor'],
    },
  ],
};
