/** The facts of a run: its trust root, policy and start, where each was named, and settings that did not count. */

import { grouped } from '../core/plural.ts';

/** A policy or a trust root. */
export interface ReportSource {
  /** A file, `REV:PATH`, a mirror, `the flags`. */
  readonly source: string;
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  /** Where it was named: `--policy`, `SIGNET_TRUST`, `signet.policy (/home/alice/.gitconfig)`, `the default`. */
  readonly origin?: string | undefined;
}

/** The start of a run. It and its ancestors are not judged. */
export interface ReportStart {
  /** Full hash. */
  readonly commit: string;
  readonly origin: string;
}

/** What the policy and the options of a run prove about every object that passes. */
export interface RunProof {
  /** The ref whose rules judged the commits. */
  readonly ref?: string | undefined;
  /** True if the rule for the ref asks for two different persons for each change that lands. */
  readonly twoParty: boolean;
  /** Checks that the caller left out: `sct`, `log`. */
  readonly leftOut: readonly string[];
  /** True if the policy asks for approvals or other statements besides. */
  readonly statements?: boolean;
  /** SHA-256 of the summaries that prove the start, lower-case hex. */
  readonly summaries?: readonly string[];
}

export interface RunFacts {
  /** The name of the repository's folder. */
  readonly repository: string;
  readonly trust: ReportSource;
  /** If undefined, any identity passes. */
  readonly policy: ReportSource | undefined;
  readonly since?: ReportStart | undefined;
  /** Settings of the repository that did not count. */
  readonly ignored?: readonly { readonly key: string; readonly origin: string }[] | undefined;
  /** Only statements need it. */
  readonly proof?: RunProof | undefined;
  /** The proof store, if the run uses it. `reused` grows while objects are judged. */
  readonly store?: { readonly reused: number } | undefined;
}

/** Picks these three fields out of a whole policy. */
export function sourceOf({ source, digest, origin }: ReportSource): ReportSource {
  return { source, digest, origin };
}

/** Returns the facts as JSON fields: `trust`, `policy`, `since`, `ignored`, and `store` if proofs came from it. */
export function factsJson({ trust, policy, since, ignored = [], store }: RunFacts): object {
  return {
    trust: sourceOf(trust),
    policy: policy === undefined ? null : sourceOf(policy),
    since: since ?? null,
    ignored: ignored.map(({ key: setting, origin }) => ({ setting, origin })),
    ...(isUsed(store) ? { store: { reused: store.reused } } : {}),
  };
}

function isUsed(store: RunFacts['store']): store is NonNullable<RunFacts['store']> {
  return store !== undefined && store.reused > 0;
}

/** Returns how much came from the store, or undefined if nothing did. */
export function reusedText({ store }: Pick<RunFacts, 'store'>): string | undefined {
  if (!isUsed(store)) return undefined;
  return `${grouped(store.reused)} ${store.reused === 1 ? 'proof' : 'proofs'} verified before`;
}

/** Returns e.g. `origin/main:.signet.yaml (--policy-from origin/main)`. Raw text. */
function named({ source, origin }: ReportSource): string {
  return origin === undefined ? source : `${source} (${origin})`;
}

/** Returns the facts as names and texts. Raw text, so escape it. */
export function factTexts(facts: RunFacts): readonly (readonly [name: string, text: string])[] {
  const { trust, policy, since, ignored = [] } = facts;
  const reused = reusedText(facts);
  return [
    ['policy', policy === undefined ? 'none: any identity' : named(policy)],
    ['trust root', named(trust)],
    ...(since === undefined
      ? []
      : [['since', `${since.commit.slice(0, 12)} (${since.origin})`] as const]),
    ...(ignored.length === 0
      ? []
      : [['ignored', ignored.map(({ key, origin }) => `${key} (${origin})`).join(', ')] as const]),
    ...(reused === undefined ? [] : [['from the store', reused] as const]),
  ];
}

/** Returns the facts in one line. Raw text. */
export function factsLine(facts: RunFacts): string {
  return factTexts(facts)
    .map(([name, text]) => `${name} ${text}`)
    .join('; ');
}
