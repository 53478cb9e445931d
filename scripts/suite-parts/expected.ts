/**
 * Tests of other projects that fail with git-signet in place: each with the reason, and with what its log says, so that
 * it does not hide another failure.
 */

import type { ExpectedFailure } from './outcome.ts';

interface Group {
  readonly reason: string;
  readonly says: string;
  readonly file: string;
  readonly names: readonly string[];
}

const listed = (groups: readonly Group[]): readonly ExpectedFailure[] =>
  groups.flatMap(({ names, ...group }) => names.map((name) => ({ name, ...group })));

const NOT_ALLOWED = {
  reason:
    'The policy does not allow this signer. git-signet ends with exit code 6 then, and no gpg.minTrustLevel makes that good.',
  says: 'has an untrusted GPG signature, allegedly by discord@example.net',
};

export const GIT_FAILURES = listed([
  {
    file: 't7004-tag.sh',
    names: ['git tag -s fails if gpgsm is misconfigured (bad key)'],
    reason:
      'The login decides who signs. user.signingKey = BobTheMouse is no address, so it contradicts no login.',
    says: 'test_must_fail: command succeeded: git tag -s -m tail tag-gpg-failure',
  },
  {
    ...NOT_ALLOWED,
    file: 't5573-pull-verify-signatures.sh',
    names: [
      'pull commit with untrusted signature with --verify-signatures and minTrustLevel=undefined',
      'pull commit into unborn branch with untrusted signature and --verify-signatures and minTrustLevel=undefined',
    ],
  },
  {
    ...NOT_ALLOWED,
    file: 't7612-merge-verify-signatures.sh',
    names: ['merge commit with untrusted signature with verification and low minTrustLevel'],
  },
]);

const TOP = 'test_updater_top_level_update';
const CONSISTENT = 'test_updater_consistent_snapshot';

const BY_NAME = {
  reason:
    'git-signet fetches two targets by names of its own, and follows no delegations. No option asks it for another file.',
  says: 'NotOurs: Updater.get_targetinfo',
};
const LIMITS = {
  reason: 'The limits of lengths and of root versions are fixed in git-signet.',
  says: "NotOurs: other limits than git-signet's own",
};
const PINNED = {
  reason: 'A mirror is used only with a root that is built in or pinned in the configuration.',
  says: 'NotOurs: a root that is not pinned',
};
const WHOLE =
  'The update is refused as it must be. But git-signet keeps timestamp, snapshot and targets together or not at all.';
const ROOTS = 'git-signet keeps all roots in one file, so there are no files of theirs to look at.';

export const TUF_FAILURES = listed([
  {
    ...BY_NAME,
    file: CONSISTENT,
    names: [
      "test_delegated_roles_update (case='consistent_snaphot disabled')",
      "test_delegated_roles_update (case='consistent_snaphot enabled')",
      "test_download_targets (case='consistent_snaphot disabled')",
      "test_download_targets (case='consistent_snaphot enabled with prefixed targets')",
    ],
  },
  {
    ...BY_NAME,
    file: TOP,
    names: ['test_load_metadata_from_cache', 'test_not_loading_targets_twice'],
  },
  {
    ...LIMITS,
    file: CONSISTENT,
    names: ["test_download_targets (case='consistent_snaphot enabled without prefixed targets')"],
  },
  { ...LIMITS, file: TOP, names: ['test_max_metadata_lengths', 'test_max_root_rotations'] },
  {
    ...PINNED,
    file: TOP,
    names: [
      'test_cached_root_missing_without_bootstrap',
      'test_trusted_root_unsigned_without_bootstrap',
    ],
  },
  {
    file: TOP,
    names: [
      'test_new_snapshot_expired',
      'test_new_snapshot_unsigned',
      'test_new_snapshot_version_mismatch',
    ],
    reason: WHOLE,
    says: "AssertionError: Lists differ: ['root.json'] != ['root.json', 'timestamp.json']",
  },
  {
    file: TOP,
    names: [
      'test_new_targets_expired',
      'test_new_targets_unsigned',
      'test_new_targets_version_mismatch',
    ],
    reason: WHOLE,
    says: "AssertionError: Lists differ: ['root.json'] != ['root.json', 'snapshot.json', 'timestamp.json']",
  },
  {
    file: TOP,
    names: ['test_new_snapshot_hash_mismatch', 'test_new_targets_hash_mismatch'],
    reason: WHOLE,
    says: 'AssertionError: 2 != 3',
  },
  {
    file: TOP,
    names: ['test_intermediate_root_cache'],
    reason: ROOTS,
    says: 'AssertionError: Calls not found.',
  },
  {
    file: TOP,
    names: ['test_intermediate_root_cache_poisoning'],
    reason: ROOTS,
    says: 'root_history/2.root.json',
  },
]);
