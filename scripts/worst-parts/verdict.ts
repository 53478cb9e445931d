/** What a run said, in one phrase: status and code, git's status line, or the first line of an error. */

import type { Cost } from './cost.ts';

const MOST = 70;

export function verdictIn({ exit, out, err }: Pick<Cost, 'exit' | 'out' | 'err'>): string {
  const results = out.split('\n').filter((line) => line.startsWith('{'));
  const said = results.map((line) => {
    const { status, code } = JSON.parse(line) as { status: string; code?: string };
    return code === undefined || code === status ? status : `${status}: ${code}`;
  });
  const [first] = [...new Set(said)];
  const gits = /\[GNUPG:\] (GOODSIG|BADSIG|ERRSIG)/.exec(out)?.[1];
  const error =
    err
      .split('\n', 1)[0]
      ?.replace(/^git-signet: (?:\/[^: ]*?[:,] )?/, '')
      .slice(0, MOST) ?? '';
  const spoken = error === '' ? (out.split('\n', 1)[0] ?? '').slice(0, MOST) : error;
  return `${first ?? gits ?? spoken} (${exit})`;
}
