/** The options that a hook can be installed with: those of `verify`, and some of its own. */

import { settingOption } from '../../cli/options.ts';
import type { ArgumentSpec, OptionSpecs, ParsedArguments } from '../../cli/spec.ts';
import { UsageError } from '../../errors.ts';
import { STATEMENT_OPTIONS, VERIFY_OPTIONS } from '../verify/options.ts';

/** The options that `verify` does not have, or reads differently. */
export const HOOK_OPTIONS: OptionSpecs = {
  'policy-from': {
    takes: 'revision',
    value: 'OLD',
    meaning:
      'the word OLD: .signet.yaml as the ref had it before the push, or as the default branch has it, if the ref is new or its policy has a smaller sequence. This is the default if signet.policy is not set',
  },
  store: settingOption('store', {
    meaning: 'keep and use proofs of what was verified (auto: not in hooks)',
  }),
  'refuse-deletes': { meaning: 'refs may not be deleted' },
  pushee: {
    takes: 'text',
    value: 'URL',
    repeated: true,
    meaning: 'an address of this repository, which a signed push must name',
  },
  within: {
    takes: 'text',
    value: 'TIME',
    meaning: 'the longest that a server judges a push (default: 10m)',
  },
  'judged-refs': {
    takes: 'text',
    value: 'PREFIX',
    repeated: true,
    meaning:
      'refs below PREFIX (refs/releases/) hold only judged commits, and the server makes none of them by itself',
  },
};

export const HOOK_SPEC: ArgumentSpec = {
  options: { ...VERIFY_OPTIONS, ...STATEMENT_OPTIONS, ...HOOK_OPTIONS },
};

/** Reads the further refs that the hook's owner vouches for. @throws UsageError */
export function vouchedFor({ lists }: ParsedArguments): readonly string[] {
  const prefixes = lists.get('judged-refs') ?? [];
  for (const prefix of prefixes) {
    if (/^refs\/(?:[^\s/*?[\\]+\/)+$/.test(prefix)) continue;
    throw new UsageError(`--judged-refs ${prefix}: expected a prefix such as refs/releases/`);
  }
  return prefixes;
}
