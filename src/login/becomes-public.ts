/** Says what a signature makes public, in one sentence for the terminal, the pages and the documents (docs/logins.md). */

/** The log stores only the digest of it. */
const SENT = "The log's server receives the content to check it";

/** What is signed, as far as it decides what becomes public. */
interface Told {
  readonly kind: string;
  /** True if the log's server also receives the content. */
  readonly sent?: boolean | undefined;
}

/**
 * Returns the line that says what becomes public. `who` is the account. Before a login no account is known, and every
 * account that a person logs in with is published by its e-mail address. A signed push is published like a commit, which
 * the user may not expect of a push (threat K4). Of a statement, its digest becomes public, and not its content. Rekor v1
 * receives the content all the same.
 */
export function becomesPublic(
  who = 'your e-mail address',
  { kind, sent }: Told = { kind: '' },
): string {
  const each = kind === 'push' ? ', and so for each push that you sign' : '';
  const what =
    kind === 'statement' ? 'the digest of the statement' : 'a fingerprint of the signature';
  return `this will be public forever: ${who}, the time, and ${what}${each}${sent ? `. ${SENT}` : ''}`;
}
