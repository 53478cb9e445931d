/**
 * The identities that a monitor looks for: as rules that decide, and as texts that every entry of such an identity holds
 * somewhere, so that the other entries need not be parsed.
 */

import { latin1 } from '../core/bytes.ts';
import { meets } from '../core/policy/identity.ts';
import type { IdentityRule } from '../core/policy/model.ts';
import { hiddenBytes } from '../core/rekor/logged-certificates.ts';
import type { Signer } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import { base64Forms, createMatcher } from './matcher.ts';

export interface Watch {
  readonly rules: readonly IdentityRule[];
  /** Returns the name of the rule that a signer meets. Exact identities are compared byte for byte. */
  readonly ruleOf: (signer: Signer) => string | undefined;
  /** Returns false if an entry cannot be by a watched identity. `deep`: certificates may be PEM within base64 (Rekor v1). */
  readonly mayConcern: (body: Uint8Array, deep: boolean) => boolean;
  /** The e-mail addresses that Rekor v1's search index can be asked for. */
  readonly emails: readonly string[];
  /** True if the index of Rekor v1 cannot find every identity, because it knows e-mail addresses only. */
  readonly beyondIndex: boolean;
}

/** Any issuer, for an identity that is named without one. */
const ANY = '.*';
/** A shorter text stands in too many entries. */
const SHORTEST = 6;
/** The end of a long text finds it as well as the whole. */
const LONGEST = 48;
const EMAIL = /^[^@\s:/]+@[^@\s:/]+$/;

/** Returns the rule for an identity that is named, by one issuer or by any. */
export function namedRule(identity: string, issuer?: string): IdentityRule {
  const by = issuer === undefined ? { issuerPattern: ANY } : { issuer };
  return { name: identity, identity, ...by };
}

/** Returns the longest text that everything matched by this regular expression holds, or '' if none is certain. */
export function certainText(pattern: string): string {
  // these stand for other characters than they show
  if (/\\[xucpPk0-9]/.test(pattern)) return '';
  let best = '';
  let run = '';
  let depth = 0;
  const end = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    const escaped = character === '\\' ? pattern[at + 1] : undefined;
    if (character === '|' && depth === 0) return '';
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '[') {
      end();
      while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
      continue;
    }
    if (/[*?{]/.test(character)) run = run.slice(0, -1);
    const literal = escaped ?? character;
    const plain =
      escaped === undefined ? /[^\\^$.*+?()[\]{}|]/.test(character) : /\W/.test(escaped);
    if (depth === 0 && plain) run += literal;
    else end();
    if (escaped !== undefined) at += 1;
    if (character === '{') while (at < pattern.length && pattern[at] !== '}') at += 1;
  }
  end();
  return best;
}

/** Returns a text that every certificate of this rule holds. @throws UsageError if the rule is too general for that */
function textOf(rule: IdentityRule): string {
  const { identity, identityPattern, workflow } = rule;
  const text =
    identity ??
    (workflow === undefined ? certainText(identityPattern ?? '') : `${workflow.repository}/`);
  if (Buffer.byteLength(text) >= SHORTEST) return [...text].slice(-LONGEST).join('');
  const what = `${rule.name}: '${identity ?? identityPattern}' is too short or too general to be watched`;
  throw new UsageError(what, { hint: 'name each identity with --identity' });
}

/** Returns what to look for. @throws UsageError for a rule that is too general */
export function watchFor(rules: readonly IdentityRule[]): Watch {
  const texts = rules.map(textOf);
  const encoded = createMatcher(texts.flatMap(base64Forms));
  const plain = createMatcher(texts);
  const emails = rules.flatMap(({ identity = '' }) => (EMAIL.test(identity) ? [identity] : []));
  return {
    rules,
    ruleOf: (signer) => rules.find((rule) => meets(rule, signer))?.name,
    mayConcern: (body, deep) => {
      if (encoded.hits(body)) return true;
      if (!deep) return false;
      for (const bytes of hiddenBytes(latin1(body))) if (plain.hits(bytes)) return true;
      return false;
    },
    emails: [...new Set(emails)],
    beyondIndex: rules.some(({ identity = '' }) => !EMAIL.test(identity)),
  };
}
