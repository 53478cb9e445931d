/**
 * The library's exports: bytes in, verdict out. No process, no network, no disk, no native module. The caller brings the
 * trust root, the time and the policy. examples/verify-commit.ts is a whole program.
 */

export type { Crypto, HashAlgorithm, PublicKey } from './core/crypto.ts';
export { createEvidenceCache, type EvidenceCache } from './core/evidence-cache.ts';
export {
  type ObjectFormat,
  type ObjectType,
  type SplitObject,
  splitSignedObject,
} from './core/git/signed-object.ts';
export type { IdentityKind } from './core/identity-kind.ts';
export { type LogLookup, logLookupOf } from './core/log-lookup.ts';
export type {
  KeyRule,
  ObjectRule,
  Revocation,
  RevokedTarget,
  Validity,
  WorkflowRule,
} from './core/policy/model.ts';
export { type Locate, policyFromData } from './core/policy/policy.ts';
export { logEntryFromRekorV1, logEntryFromRekorV2 } from './core/rekor/log-answer.ts';
export type { TransparencyLogEntry } from './core/rekor/log-entry.ts';
export { type KeyFile, type KeyFiles, trustFromKeyFiles } from './core/trust/key-files.ts';
export type {
  TrustedAuthority,
  TrustedLog,
  TrustMaterial,
  ValidityWindow,
} from './core/trust/trust-material.ts';
export { parseTrustedRoot } from './core/trust/trusted-root.ts';
export type {
  CertificateSummary,
  Check,
  Finding,
  IdentityPolicy,
  IdentityRule,
  LogEntrySummary,
  NotAllowed,
  PolicyCode,
  ProvenTime,
  ReasonCode,
  Rejected,
  Signer,
  Verdict,
  Verified,
} from './core/verdict.ts';
export {
  type SignedObject,
  type VerifyContext,
  verifyDetached,
  verifyObject,
} from './core/verify.ts';
export { ConfigError, type ErrorCode, ExitCode, isSignetError, SignetError } from './errors.ts';
export { nodeCrypto } from './system/crypto.ts';
