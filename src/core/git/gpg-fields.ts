/** What git reads out of status lines for its `%G…` placeholders (gpg-interface.c, parse_gpg_output). */

/** The values of git's placeholders for one commit. */
export interface GpgFields {
  /** `%G?`. Of the last three, gpg alone speaks: expired, by an expired key, by a revoked key. */
  readonly grade: 'G' | 'U' | 'B' | 'E' | 'N' | 'X' | 'Y' | 'R';
  /** `%GS` */
  readonly name: string;
  /** `%GK` */
  readonly key: string;
  /** `%GF` */
  readonly fingerprint: string;
  /** `%GP` */
  readonly primary: string;
  /** `%GT` */
  readonly trust: 'undefined' | 'never' | 'fully';
}

/** What git says of a commit without a signature. */
export const NO_SIGNATURE: GpgFields = {
  grade: 'N',
  ...{ name: '', key: '', fingerprint: '', primary: '' },
  trust: 'undefined',
};

const TRUSTS = { TRUST_NEVER: 'never', TRUST_FULLY: 'fully' } as const;

/** Reads a block of lines without their `[GNUPG:] ` prefix, as gpg-status.ts writes them. */
export function gpgFields(lines: readonly string[]): GpgFields {
  const words = new Map(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.split(' ')]));
  const good = words.get('GOODSIG');
  const bad = words.get('BADSIG');
  const [, key = '', ...name] = good ?? bad ?? words.get('ERRSIG') ?? [];
  const valid = words.get('VALIDSIG') ?? [];
  const found = Object.entries(TRUSTS).find(([word]) => words.has(word));
  const trust = found?.[1] ?? 'undefined';
  const signed = trust === 'fully' ? 'G' : 'U';
  return {
    grade: good !== undefined ? signed : bad !== undefined ? 'B' : 'E',
    name: good === undefined && bad === undefined ? '' : name.join(' '),
    key,
    fingerprint: valid[1] ?? '',
    primary: valid[10] ?? '',
    trust,
  };
}
