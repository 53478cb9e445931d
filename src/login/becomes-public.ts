/** Says what a signature makes public, in one sentence for the terminal, the pages and the documents (docs/logins.md). */

/**
 * Returns the line that says what becomes public. `who` is the account. Before a login no account is known, and every
 * account that a person logs in with is published by its e-mail address.
 */
export function becomesPublic(who = 'your e-mail address'): string {
  return `this will be public forever: ${who}, the time, and a fingerprint of the signature`;
}
