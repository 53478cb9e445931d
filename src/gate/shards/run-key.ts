/** Names what must be the same in every shard of a run. */

import { BUILD, VERSION } from '../../system/program/version.ts';
import type { VerifySetup } from '../setup.ts';
import type { RunKey } from './shard-file.ts';

/** Returns what must be the same in every shard, and where they are merged. */
export function runKey({ judge, facts }: VerifySetup): RunKey {
  const { trust, policy, ref, ignoreSct, unlogged, matchCommitter, format } = judge;
  const { since, ignored = [] } = facts;
  return {
    ...{ version: VERSION, build: BUILD, 'trust root': trust.digest },
    policy: policy?.digest ?? 'any identity',
    'policy source': facts.policy?.source ?? '',
    ...{ ref: ref ?? '', since: since?.commit ?? '', format },
    ignored: ignored.map(({ key }) => key).join(' '),
    checks: JSON.stringify({ ignoreSct, unlogged, matchCommitter }),
  };
}
