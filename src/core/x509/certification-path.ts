/**
 * Builds paths from a leaf to a trusted authority (RFC 5280 §6, only for chains that the trust material lists).
 * The issuer is found by key, never by name alone, because the public-good roots share one subject.
 * No time changes a path, so it may be cached by the leaf's exact bytes. Its dates are checked at each proven time.
 */

import { equal } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import type { Crypto } from '../crypto.ts';
import { remembered } from '../remembered.ts';
import type { TrustedAuthority, ValidityWindow } from '../trust/trust-material.ts';
import { Refusal } from '../verdict.ts';
import {
  basicConstraints,
  type Certificate,
  ExtensionOid,
  extendedKeyUsage,
  keyIdentifier,
  keyUsage,
  readTrustedCertificate,
} from './certificate.ts';
import { signatureHolds } from './signature.ts';

export const ExtendedKeyUsage = {
  any: '2.5.29.37.0',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ExtensionOid.keyUsage,
  ExtensionOid.subjectAltName,
  ExtensionOid.basicConstraints,
  ExtensionOid.extendedKeyUsage,
]);

export interface CertificationPath {
  /** The issuer of the leaf. */
  readonly issuer: Certificate;
  /** Dates that must all include a proven time: of the leaf, of every CA above it, and of the authority. */
  readonly windows: readonly ValidityWindow[];
}

/** Chains of authorities, read once for a trust root. */
export interface AuthorityStore {
  readonly chains: readonly {
    readonly authority: TrustedAuthority;
    readonly certificates: readonly Certificate[];
  }[];
  /** Results for the links of chains, by `chain index:position`. */
  readonly provenLinks: Map<string, Promise<boolean>>;
  /** Results for the rest of chains, by `chain index:position purpose`. */
  readonly provenChains: Map<string, Promise<boolean>>;
}

/** Reads the certificates of authorities. @throws DerError */
export function readAuthorities(authorities: readonly TrustedAuthority[]): AuthorityStore {
  return {
    chains: authorities.map((authority) => ({
      authority,
      certificates: authority.chain.map(readTrustedCertificate),
    })),
    provenLinks: new Map(),
    provenChains: new Map(),
  };
}

export function within(window: ValidityWindow, time: number): boolean {
  return time >= window.start && (window.end === undefined || time <= window.end);
}

function validity(certificate: Certificate): ValidityWindow {
  return { start: certificate.notBefore, end: certificate.notAfter };
}

/** Returns true if `issuer` signed `subject`. Names, key identifiers and the signature must match. */
export async function isIssuedBy(
  subject: Certificate,
  issuer: Certificate,
  crypto: Crypto,
): Promise<boolean> {
  if (!equal(subject.issuer, issuer.subject)) return false;
  const wanted = keyIdentifier(subject, 'authority');
  const offered = keyIdentifier(issuer, 'subject');
  if (wanted !== undefined && offered !== undefined && wanted !== offered) return false;
  const { publicKey } = issuer;
  const { signatureHash } = subject;
  if (publicKey === undefined || signatureHash === undefined) return false;
  return signatureHolds(crypto, publicKey, signatureHash, subject.tbs, subject.signature);
}

function unsuitable(detail: string): never {
  throw new Refusal('certificate-unsuitable', detail);
}

/**
 * Checks that the leaf may sign for this purpose, and has no unknown critical extension.
 * @throws Refusal `certificate-unsuitable`
 */
export function checkLeafUsage(leaf: Certificate, purpose: string): void {
  for (const [oid, { critical }] of leaf.extensions) {
    if (critical && !UNDERSTOOD.has(oid))
      unsuitable(`it has the unknown critical extension ${oid}`);
  }
  try {
    if (basicConstraints(leaf)?.ca) unsuitable('a CA certificate is no signer');
    const usage = keyUsage(leaf);
    if (usage === undefined || (usage & DIGITAL_SIGNATURE) === 0) {
      unsuitable('key usage lacks digitalSignature');
    }
    const purposes = extendedKeyUsage(leaf);
    if (!purposes?.includes(purpose)) unsuitable(`extended key usage lacks ${purpose}`);
    // a TSA's extended key usage is critical and holds only timeStamping (RFC 3161 §2.3)
    if (purpose === ExtendedKeyUsage.timeStamping) {
      const critical = leaf.extensions.get(ExtensionOid.extendedKeyUsage)?.critical;
      if (!critical || purposes.length !== 1)
        unsuitable('a TSA certificate is for timestamps alone');
    }
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('certificate-malformed', error.message);
    throw error;
  }
}

/**
 * Returns an extension that forbids the use of this CA, because this program does not process it. That is a critical one,
 * or name constraints, which bind every certificate below even if they are not critical (RFC 5280 §4.2.1.10).
 */
export function unprocessedExtension({ extensions }: Certificate): string | undefined {
  for (const [oid, { critical }] of extensions)
    if (oid === ExtensionOid.nameConstraints || (critical && !UNDERSTOOD.has(oid))) return oid;
  return undefined;
}

/** Returns true if a CA may issue here. `below` counts the CA certificates between this one and the leaf. */
function mayIssue(ca: Certificate, below: number, purpose: string): boolean {
  if (unprocessedExtension(ca) !== undefined) return false;
  const constraints = basicConstraints(ca);
  if (!constraints?.ca) return false;
  if (constraints.pathLength !== undefined && constraints.pathLength < below) return false;
  const usage = keyUsage(ca);
  if (usage !== undefined && (usage & KEY_CERT_SIGN) === 0) return false;
  const purposes = extendedKeyUsage(ca);
  return (
    purposes === undefined || purposes.includes(purpose) || purposes.includes(ExtendedKeyUsage.any)
  );
}

/** Returns true if the certificates of a chain hold from `from` to its root. No time and no leaf changes that. */
function chainHolds(
  { index, from }: { readonly index: number; readonly from: number },
  store: AuthorityStore,
  purpose: string,
  crypto: Crypto,
): Promise<boolean> {
  const name = `${index}:${from} ${purpose}`;
  return remembered(store.provenChains, name, () =>
    linksHold({ index, from }, store, purpose, crypto),
  );
}

async function linksHold(
  { index, from }: { readonly index: number; readonly from: number },
  store: AuthorityStore,
  purpose: string,
  crypto: Crypto,
): Promise<boolean> {
  const certificates = store.chains[index]?.certificates ?? [];
  for (let at = from; at < certificates.length; at += 1) {
    const subject = certificates[at];
    if (subject === undefined || !mayIssue(subject, at - from, purpose)) return false;
    const issuer = certificates[at + 1];
    if (issuer === undefined) continue;
    const proven = remembered(store.provenLinks, `${index}:${at}`, () =>
      isIssuedBy(subject, issuer, crypto),
    );
    if (!(await proven)) return false;
  }
  return true;
}

/**
 * Returns all paths from the leaf to a trusted root. A root may have issued the leaf itself (Fulcio's did until mid 2022),
 * so every certificate of a chain is tried as the issuer. There are none if no trusted authority issued it.
 * @throws Refusal `certificate-malformed` if a needed extension cannot be read
 */
export async function certificationPaths(
  leaf: Certificate,
  store: AuthorityStore,
  purpose: string,
  crypto: Crypto,
): Promise<readonly CertificationPath[]> {
  const paths: CertificationPath[] = [];
  try {
    for (const [index, { authority, certificates }] of store.chains.entries()) {
      for (const [at, issuer] of certificates.entries()) {
        if (!equal(leaf.issuer, issuer.subject)) continue;
        const [issued, holds] = await Promise.all([
          isIssuedBy(leaf, issuer, crypto),
          chainHolds({ index, from: at }, store, purpose, crypto),
        ]);
        if (!issued || !holds) continue;
        const above = certificates.slice(at).map(validity);
        paths.push({ issuer, windows: [validity(leaf), ...above, authority.validFor] });
      }
    }
    return paths;
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('certificate-malformed', error.message);
    throw error;
  }
}

/** Returns the reason why a leaf has no path: no trusted authority issued it, or its CA has an extension that forbids its use. */
export function whyNoPath(leaf: Certificate, store: AuthorityStore): string {
  for (const { certificates } of store.chains) {
    const at = certificates.findIndex(({ subject }) => equal(subject, leaf.issuer));
    const oid = at < 0 ? undefined : certificates.slice(at).map(unprocessedExtension).find(Boolean);
    if (oid === undefined) continue;
    const what = oid === ExtensionOid.nameConstraints ? 'name constraints' : `extension ${oid}`;
    return `the certificate authority has ${what}, and this program does not process that`;
  }
  return 'no trusted certificate authority issued the certificate';
}

/**
 * Returns the paths that are valid at every proven time.
 * @throws Refusal `issuer-untrusted` with `whyNone` if there was no path, `certificate-expired-at-signing` if none is
 * valid
 */
export function pathsAt(
  paths: readonly CertificationPath[],
  times: readonly number[],
  whyNone: string,
): readonly CertificationPath[] {
  if (paths.length === 0) throw new Refusal('issuer-untrusted', whyNone);
  const holding = paths.filter(({ windows }) =>
    times.every((time) => windows.every((window) => within(window, time))),
  );
  if (holding.length === 0) {
    throw new Refusal(
      'certificate-expired-at-signing',
      'the certificate, or its authority, was not valid at the time of signing',
    );
  }
  return holding;
}
