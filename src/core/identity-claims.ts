/** The claims of an identity token that signing needs. */
export interface IdentityClaims {
  readonly issuer: string;
  /** Issuers that the certificate may name: the token's issuer, or the one that it was federated from. */
  readonly certificateIssuers: readonly string[];
  /** A verified e-mail address, or the subject. */
  readonly kind: 'email' | 'subject';
  /** The text that the certificate request signs to prove possession: the e-mail address or, without one, the subject. */
  readonly challenge: string;
  /** Every name that the certificate may carry for this token, the clearest first. */
  readonly names: readonly string[];
  /** Unix seconds. */
  readonly expires: number;
}
