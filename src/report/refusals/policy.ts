/** Codes of policies. */

import type { Finding } from '../../core/verdict.ts';
import type { RefusalPage } from './page.ts';

const EXPLAIN = [
  'see each signer and each rule, and why it allows or does not',
  'git signet policy explain --policy-from origin/main HEAD',
] as const;
const CHANGE = [
  'if it should be allowed, change .signet.yaml on the branch that it goes into',
] as const;
const CHECK = ['check the file', 'git signet policy check'] as const;
const RESIGN = [
  'sign your own commits of the branch again',
  'git signet resign origin/main..HEAD',
] as const;

export const POLICY_PAGES = {
  revoked: {
    means: 'The policy takes the signature back by an entry of `revoked`.',
    why: [
      'The account was taken over for a time, and the signature may have been made in that time.',
      'The certificate, the log entry or the key is revoked by itself.',
    ],
    mend: [
      [
        'if the commit is your own and unchanged, sign it again, or ask a maintainer to name its full hash under `except`',
      ],
      ['see which entry hits it', 'git signet policy explain --policy-from origin/main HEAD'],
    ],
    example: "revoked: alice's account was taken over (until 2026-03-01T12:00Z)",
  },
  'identity-not-allowed': {
    means: 'The signature holds, but the policy does not list the signer.',
    why: [
      'The signer is new, or logged in with another account than usual.',
      'The issuer is another one: alice@example.com of one provider is not the same as of another.',
      'The range holds the work of a stranger.',
    ],
    mend: [
      EXPLAIN,
      CHANGE,
      [
        'if you used the wrong account, say which one signs here, and sign again',
        'git signet use alice@example.com',
      ],
    ],
    example: 'the signer is not listed in origin/main:.signet.yaml',
  },
  'signer-out-of-dates': {
    means: 'The policy lists the signer for another time.',
    why: ['The signature was made before `from` or after `until` of the signer.'],
    mend: [EXPLAIN, CHANGE],
    example: 'alice may sign until 2026-12-31 00:00:00Z, but signed at 2027-01-02 10:00:00Z',
  },
  'role-not-allowed': {
    means: 'The policy knows the signer, but a rule gives this branch or tag to others.',
    why: ['The first rule that fits the ref decides, and its `by` does not name the signer.'],
    mend: [EXPLAIN, ['let one of the named signers merge or tag it'], CHANGE],
    example: 'no rule allows this',
  },
  'committer-differs': {
    means: 'The committer of the commit is not the signer.',
    why: [
      'user.email is another address than that of the login.',
      'A tool committed in the name of another person.',
    ],
    mend: [
      [
        'use the address of your login in this repository',
        'git config user.email alice@example.com',
      ],
      RESIGN,
    ],
    example: 'the committer is bob@example.com, and that is no address of the signer',
  },
  'author-differs': {
    means: 'The author of the commit is not the signer, and a rule demands that.',
    why: ['You committed the work of another person, for example by cherry-pick.'],
    mend: [['let the author sign, or relax `author` in the rule'], EXPLAIN],
    example: 'the author is bob@example.com, and that is no address of the signer',
  },
  'sign-off-missing': {
    means:
      'The message has no Signed-off-by line with an address of the signer, and a rule demands one.',
    why: ['The commit was made without --signoff, or with another address.'],
    mend: [['add the line', 'git commit --amend --no-edit --signoff']],
    example: 'there is no Signed-off-by with an address of the signer',
  },
  'date-too-far': {
    means: 'The date of the commit is far from the time at which it was signed.',
    why: ['The clock of the machine was wrong, or an old commit was signed again later.'],
    mend: [
      ['check the clock', 'git signet doctor'],
      ['give the commit a new date', 'git commit --amend --no-edit --date now'],
    ],
    example:
      "the committer's date is 2026-01-01 00:00:00Z, but it was signed at 2026-11-21 11:54:32Z",
  },
  'merge-parent-not-verified': {
    means: 'It merges a commit that does not pass, and the rule says `merges: passing` or `clean`.',
    why: ['One of the merged commits is unsigned, refused or not allowed.'],
    mend: [
      ['look at that commit first', 'git signet verify --policy-from origin/main COMMIT'],
      RESIGN,
    ],
    example: 'it merges 4f2a91c, and that commit does not pass',
  },
  'merge-not-clean': {
    means:
      "The merge holds something that git's own merge would not make, and the rule says `merges: clean`.",
    why: ['A conflict was resolved by hand, or a change was hidden in the merge.'],
    mend: [
      ['see what the merge adds', 'git show --remerge-diff COMMIT'],
      ['put the change into a commit of its own, and merge again'],
    ],
    example: 'its tree differs from the one that git makes when it merges these parents',
  },
  'summary-not-met': {
    means: 'The summary is signed by a signer that counts, but it does not say what was asked for.',
    why: [
      'The run that it sums up failed.',
      'It is about another repository, another ref or another commit, or it has a lower level.',
      'It is older than `--max-age` allows, or another verifier made it.',
    ],
    mend: [
      ['compare what it says with what you asked for'],
      [
        'if it fits your repository, ask for that',
        'git signet verify-vsa --repository-uri git+https://HOST/parser HEAD',
      ],
    ],
    example: 'it says FAILED',
  },
  'carried-search-stopped': {
    means: 'Too many heads could carry this commit, and the search for one ended at its bound.',
    why: [
      'The commit is not signed, its message names no pull request, and many heads changed the same files.',
      'A stranger opened thousands of pull requests to slow the search down.',
    ],
    mend: [
      ['let the message name the pull request, such as (#7) at the end of the subject'],
      [
        'or fetch only the head that it comes from',
        'git fetch origin refs/pull/7/head:refs/remotes/origin/pull/7',
      ],
      ['or sign the commit again', 'git signet resign origin/main..HEAD'],
    ],
    example: 'there are more heads than are searched for one that carries it',
  },
  'carried-head-doubtful': {
    means: 'The commit is carried, but its head may not be the one that was meant to land.',
    why: [
      'The head is much older than the commit, so it may have been abandoned.',
      'The subject names another pull request.',
      'The same head carried an earlier commit, and this one lands it again.',
    ],
    mend: [
      ['look at the pull request of the head that the report names'],
      ['if such heads must not land, ask for an approval by approvals in the rule'],
    ],
    example: 'its head already carried 1a2b3c4',
  },
  'too-few-signers': {
    means: 'Fewer people signed than `distinct-signers` demands.',
    why: [
      'The author merged the change alone. Several accounts under one name of the policy are one person.',
    ],
    mend: [['let another person merge or tag it'], EXPLAIN],
    example: '1 of 2 required signers: a change that lands here needs 2',
  },
  'too-few-approvals': {
    means: 'Fewer people approved than `approvals` demands.',
    why: [
      'No other person has approved it yet, or this repository does not have the approval.',
      'The commit was amended, or the approval names another ref or another base.',
      'The author approved the change, and the rule says `not: author`.',
    ],
    mend: [
      ['get the approvals', "git fetch origin 'refs/attestations/*:refs/attestations/*'"],
      ['let another person approve it', 'git signet approve COMMIT --for refs/heads/main'],
      EXPLAIN,
    ],
    example: '0 of 1 required approvals for refs/heads/main',
  },
  'key-not-pinned': {
    means: 'It is an SSH or OpenPGP signature, and the policy does not pin its key.',
    why: ['The author signs with a key that the policy does not name yet, or with a new one.'],
    mend: [
      ['if you know the key, add the line from the message to .signet.yaml'],
      ['see the message again', 'git signet policy explain --policy-from origin/main HEAD'],
    ],
    example: 'signed by a key that origin/main:.signet.yaml does not pin',
  },
  'attestation-missing': {
    means:
      'The policy asks for a statement about this commit or tag, and no such statement counts.',
    why: [
      'The statement was not made yet, or it was not fetched.',
      'The statement is there, but by a signer whom the rule does not name, or it says that the tests failed.',
    ],
    mend: [
      [
        'fetch the statements',
        "git fetch origin '+refs/attestations/*:refs/attestations-from/origin/*'",
      ],
      ['see each statement and its verdict', 'git signet verify-attestation HEAD'],
    ],
    example:
      'attestations[0] asks for a statement of the type https://in-toto.io/attestation/test-result/v0.1, and none counts (bob may not make such a statement)',
  },
  'policy-missing': {
    means: 'The parents of the commit hold no policy, so nothing can judge it.',
    why: ['The range begins before the commit that brought the policy.'],
    mend: [
      [
        'begin at the commit that brought it',
        'git signet verify --policy-from parents --since COMMIT origin/main..HEAD',
      ],
    ],
    example: 'its parents hold no policy',
  },
  'policy-invalid': {
    means: 'The commit breaks the policy file.',
    why: ['The file has a mistake, or a field that this version does not know.'],
    mend: [CHECK],
    example: 'the policy in it is not valid',
  },
  'policy-removed': {
    means: 'The commit removes the policy file.',
    why: ['The file was deleted or renamed. Without a policy everything would pass.'],
    mend: [['bring it back', 'git checkout origin/main -- .signet.yaml']],
    example: 'it removes the policy',
  },
  'policy-rolled-back': {
    means: 'The commit puts an older policy in the place of a newer one.',
    why: [
      'A merge or a revert took the older file.',
      'A change of the policy did not raise `sequence`.',
    ],
    mend: [
      [
        'take the newer file, and raise `sequence` by one',
        'git checkout origin/main -- .signet.yaml',
      ],
      CHECK,
    ],
    example: 'the policy goes back: its sequence is 3, and it was 4',
  },
  'policy-change-not-allowed': {
    means: 'The signer may sign, but may not change the policy.',
    why: ['`changes` in the policy names others.'],
    mend: [['let one of them make this change'], EXPLAIN],
    example: 'bob may not change the policy',
  },
  'tag-version-not-newer': {
    means: 'The tag names an older version than a tag below it.',
    why: ['A release of an old branch, or a mistyped version.'],
    mend: [['look at the tags of the branch', 'git tag --merged HEAD']],
    example: 'v1.2 is made on top of v1.3, which is a later version',
  },
  unlogged: {
    means: 'The signature is in no log. Policy and configuration accept it for its timestamp.',
    why: ['Your Sigstore runs without a log: `unlogged: allowed` and signet.log = none.'],
    mend: [
      [
        'if you did not want that, see where it is set',
        'git config --show-origin --get-all signet.log',
      ],
    ],
    example: 'in no log: accepted for its timestamp (unlogged: allowed, signet.log = none)',
  },
} as const satisfies Partial<Record<Finding['code'], RefusalPage>>;
