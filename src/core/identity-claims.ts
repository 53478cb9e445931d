/** What an identity token says of its account, as signing needs it. */
export interface IdentityClaims {
  readonly issuer: string;
  /** Issuers that the certificate may name: the token's, or the one that it was federated from. */
  readonly certificateIssuers: readonly string[];
  /** A verified e-mail address, or the subject. */
  readonly kind: 'email' | 'subject';
  /** What the certificate request proves possession over: the e-mail address, else the subject. */
  readonly challenge: string;
  /** Every name under which the certificate may speak for this token, most telling first. */
  readonly names: readonly string[];
  /** Unix seconds. */
  readonly expires: number;
}
