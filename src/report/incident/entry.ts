/** Writes an entry of `revoked`, ready to be merged into a policy. */

import type { Revocation } from '../../core/policy/model.ts';
import { quoted } from '../../core/policy/proposal.ts';
import { isoTime } from '../../core/time.ts';

/** Returns YAML lines. `subjects` are comments behind the hashes under `except`. */
export function revocationYaml(
  { target, reason, except = [] }: Revocation,
  subjects: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  const fields: [string, string][] =
    target.kind === 'account'
      ? [
          ['identity', quoted(target.identity)],
          ['issuer', quoted(target.issuer)],
          ...bound('from', target.from),
          ...bound('until', target.until),
        ]
      : [];
  const [first, ...rest] = [...fields, ['reason', quoted(reason)] as const].map(
    ([key, value]) => `${key}: ${value}`,
  );
  const about = (id: string): string => {
    const subject = subjects.get(id);
    return subject === undefined ? '' : `  # ${quoted(subject)}`;
  };
  return [
    'revoked:',
    `  - ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...(except.length === 0 ? [] : ['    except:']),
    ...except.map((id) => `      - "${id}"${about(id)}`),
  ];
}

function bound(key: string, seconds: number | undefined): [string, string][] {
  return seconds === undefined ? [] : [[key, quoted(isoTime(seconds))]];
}
