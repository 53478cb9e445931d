/** Says what a signature makes public, in one sentence for the terminal, the pages and the documents (docs/logins.md). */

/**
 * Returns the line that says what becomes public. `who` is the account. Before a login no account is known, and every
 * account that a person logs in with is published by its e-mail address. A signed push is published like a commit, which
 * the user may not expect of a push (threat K4). Of a statement, its digest becomes public, and not its content.
 */
export function becomesPublic(who = 'your e-mail address', kind = ''): string {
  const each = kind === 'push' ? ', and so for each push that you sign' : '';
  const what =
    kind === 'statement' ? 'the digest of the statement' : 'a fingerprint of the signature';
  return `this will be public forever: ${who}, the time, and ${what}${each}`;
}
