/**
 * Judges an entry that may be a signature by a watched identity. Logs are open to all writers, so only a certificate
 * that the trust root vouches for counts as a signature of that identity. Junk does not.
 */

import { toHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { checkTransparency, issuersAt, leafEvidence } from '../core/evidence.ts';
import { createEvidenceCache, trimEvidenceCache } from '../core/evidence-cache.ts';
import { readStatement } from '../core/rekor/logged-certificates.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { type CertificateSummary, Refusal, type Signer } from '../core/verdict.ts';
import { type Certificate, summarize } from '../core/x509/certificate.ts';
import { signerOf } from '../core/x509/identity.ts';
import type { Watch } from './watch.ts';

/** A signature in a log by a watched identity, as plain data. */
export interface LoggedSignature {
  /** Address of the log. */
  readonly log: string;
  /** First line of the log's checkpoint. */
  readonly origin: string;
  /** Position over all shards, decimal. */
  readonly index: string;
  /** Leaf hash (RFC 6962 §2.1), hex. It covers signature, certificate and digest. */
  readonly leaf: string;
  /** `hashedrekord 0.0.1` */
  readonly kind: string;
  /** Hex digest of the signed data, if the kind names it. */
  readonly digest?: string | undefined;
  /** Hex SHA-256 of the DSSE envelope, if the kind names it. */
  readonly envelope?: string | undefined;
  /** Unix seconds at which the log vouches to have taken it in. Absent for logs that vouch for no time. */
  readonly logged?: number | undefined;
  readonly signer: Signer;
  readonly certificate: CertificateSummary;
}

/** What tells a signature in a log from every other. */
export type ExplicableEntry = Pick<LoggedSignature, 'leaf' | 'digest' | 'envelope' | 'certificate'>;

/** An entry that names a watched identity and cannot be read. It may be a signature. */
export interface UnreadableEntry {
  readonly log: string;
  readonly origin: string;
  readonly index: string;
  readonly leaf: string;
}

export type JudgedEntry =
  | {
      readonly is: 'signature';
      readonly certificate: CertificateSummary;
      readonly signer: Signer;
      readonly kind: string;
      readonly digest: string | undefined;
      readonly envelope: string | undefined;
    }
  /** A certificate names the identity, but no trusted authority vouches for it. */
  | { readonly is: 'unverified' }
  | { readonly is: 'unreadable' }
  /** No certificate in it names a watched identity. */
  | { readonly is: 'foreign' };

export interface EntryJudge {
  readonly watch: Watch;
  readonly judge: (body: Uint8Array) => Promise<JudgedEntry>;
}

/** Returns a judge of entries. `trust` decides which certificates count. */
export function createEntryJudge(watch: Watch, crypto: Crypto, trust: TrustMaterial): EntryJudge {
  const cache = createEvidenceCache();
  const vouchedFor = async (certificate: Certificate): Promise<boolean> => {
    const context = { crypto, trust, now: certificate.notBefore, cache };
    try {
      const sha256 = toHex(crypto.hash('sha256', certificate.der));
      const evidence = await leafEvidence(certificate, sha256, context);
      const issuers = issuersAt(evidence, [certificate.notBefore]);
      await checkTransparency(issuers, evidence, context);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    } finally {
      trimEvidenceCache(cache);
    }
  };
  const judge = async (body: Uint8Array): Promise<JudgedEntry> => {
    const statement = readStatement(body);
    if (statement === undefined) return { is: 'unreadable' };
    let named = false;
    for (const certificate of statement.certificates) {
      const signer = namedSigner(certificate);
      if (signer === undefined || watch.ruleOf(signer) === undefined) continue;
      named = true;
      if (!(await vouchedFor(certificate))) continue;
      const { kind, digest, envelope } = statement;
      const facts = { certificate: summarize(certificate, crypto), signer, kind, digest, envelope };
      return { is: 'signature', ...facts };
    }
    return { is: named ? 'unverified' : 'foreign' };
  };
  return { watch, judge };
}

function namedSigner(certificate: Certificate): Signer | undefined {
  try {
    return signerOf(certificate);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
