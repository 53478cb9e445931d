/** What a run was judged by, and who named it: the trust root, the policy, the start, and what of the repository did not count. */

/** A policy or a trust root. */
export interface ReportSource {
  /** A file, `REV:PATH`, a mirror, `the flags`. */
  readonly source: string;
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  /** Who named it: `--policy`, `SIGNET_TRUST`, `signet.policy (/home/alice/.gitconfig)`, `the default`. */
  readonly origin?: string | undefined;
}

/** The commit that is not judged, nor what it reaches. */
export interface ReportStart {
  /** Full hash. */
  readonly commit: string;
  readonly origin: string;
}

export interface RunFacts {
  readonly trust: ReportSource;
  /** Undefined: any identity. */
  readonly policy: ReportSource | undefined;
  readonly since?: ReportStart | undefined;
  /** Values of the repository that did not count. */
  readonly ignored?: readonly { readonly key: string; readonly origin: string }[] | undefined;
}

/** Only this of what may be a whole policy. */
export function sourceOf({ source, digest, origin }: ReportSource): ReportSource {
  return { source, digest, origin };
}

/** The facts as JSON has them, beside the results: `trust`, `policy`, `since`, `ignored`. */
export function factsJson({ trust, policy, since, ignored = [] }: RunFacts): object {
  return {
    trust: sourceOf(trust),
    policy: policy === undefined ? null : sourceOf(policy),
    since: since ?? null,
    ignored: ignored.map(({ key: setting, origin }) => ({ setting, origin })),
  };
}

/** `origin/main:.signet.yaml (--policy-from origin/main)`. Raw text. */
function named({ source, origin }: ReportSource): string {
  return origin === undefined ? source : `${source} (${origin})`;
}

/** The facts as names and texts, one thought each. Raw text: escape it. */
export function factTexts(facts: RunFacts): readonly (readonly [name: string, text: string])[] {
  const { trust, policy, since, ignored = [] } = facts;
  return [
    ['policy', policy === undefined ? 'none: any identity' : named(policy)],
    ['trust root', named(trust)],
    ...(since === undefined
      ? []
      : [['since', `${since.commit.slice(0, 12)} (${since.origin})`] as const]),
    ...(ignored.length === 0
      ? []
      : [['ignored', ignored.map(({ key, origin }) => `${key} (${origin})`).join(', ')] as const]),
  ];
}

/** The facts in one line. Raw text. */
export function factsLine(facts: RunFacts): string {
  return factTexts(facts)
    .map(([name, text]) => `${name} ${text}`)
    .join('; ');
}
