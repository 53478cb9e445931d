/** The kinds of names that a signer has. */

/** Kinds of subject alternative name that Fulcio issues (RFC 5280 §4.2.1.6), and kinds of pinned keys. */
export type IdentityKind = 'email' | 'uri' | 'dns' | 'ip' | 'otherName' | KeyKind;

/** Signatures by keys that a policy pins: the signer's `value` is the key's fingerprint, its `issuer` is `policy`. */
export type KeyKind = 'openpgp' | 'ssh';
