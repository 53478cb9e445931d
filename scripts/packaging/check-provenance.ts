/**
 * Checks the provenance of a release by Sigstore's own verifier (@sigstore/verify): signature, certificate, log entry and
 * time under a trust root, the signer's whole name, and that every file is what the statement says.
 */

import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, type Statement } from './statement.ts';

/** Who must have signed: both whole, not patterns. */
export interface ExpectedSigner {
  readonly identity: string;
  readonly issuer: string;
}

/** The provenance does not hold, or not for this: the message says why. */
export class ProvenanceRefused extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProvenanceRefused';
  }
}

/**
 * The statement of a bundle that holds. `bundle` and `trustedRoot` are JSON texts.
 * @throws ProvenanceRefused
 */
export function verifiedStatement(
  bundle: string,
  trustedRoot: string,
  expected: ExpectedSigner,
): Statement {
  const read = understood('the bundle', () => bundleFromJSON(JSON.parse(bundle)));
  const trust = understood('the trust root', () =>
    toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustedRoot))),
  );
  const signer = understood('the bundle', () => new Verifier(trust).verify(toSignedEntity(read)));
  const { subjectAlternativeName: name, extensions } = signer.identity ?? {};
  if (name !== expected.identity || extensions?.issuer !== expected.issuer) {
    const who = `${name ?? 'nobody'} (${extensions?.issuer ?? 'no issuer'})`;
    throw new ProvenanceRefused(
      `it is signed by ${who}, not by ${expected.identity} (${expected.issuer})`,
    );
  }
  return statementOf(read);
}

function understood<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ProvenanceRefused(
      `${what} does not hold: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

function statementOf({ content }: Bundle): Statement {
  if (content.$case !== 'dsseEnvelope' || content.dsseEnvelope.payloadType !== PAYLOAD_TYPE) {
    throw new ProvenanceRefused('the bundle holds no in-toto statement');
  }
  const statement = understood(
    'the statement',
    () => JSON.parse(content.dsseEnvelope.payload.toString()) as Statement,
  );
  if (statement._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE) {
    throw new ProvenanceRefused(
      `the statement is a ${statement.predicateType}, not SLSA provenance`,
    );
  }
  return statement;
}

/**
 * Compares files with a statement's subjects. `sums` are SHA-256 in hex by name.
 * @throws ProvenanceRefused that names the first file which is not said, or is said to be another
 */
export function checkSubjects({ subject }: Statement, sums: ReadonlyMap<string, string>): void {
  const said = new Map(subject.map(({ name, digest }) => [name, digest.sha256]));
  for (const [name, sum] of sums) {
    const wanted = said.get(name);
    if (wanted === undefined) throw new ProvenanceRefused(`it says nothing of ${name}`);
    if (wanted !== sum) throw new ProvenanceRefused(`${name} is not the file that it is about`);
  }
}
