/** Shows the content of a signature, as text and as JSON. Nothing of it is checked. Hostile text is made visible (threat S10). */

import { toBase64, toHex } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import { subjectLine } from '../core/git/signed-object.ts';
import type { SignatureFacts } from '../core/signature-facts.ts';
import { utcTime } from '../core/time.ts';
import { certificatePem } from '../core/x509/certificate.ts';
import type { Paint } from '../system/colour.ts';
import { SCHEMA_VERSION } from './json.ts';
import { rfc3339 } from './json-parts.ts';

/** Fulcio extensions by last arc (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). */
const EXTENSIONS: Readonly<Record<string, string>> = {
  '1': 'issuer (old form)',
  '2': 'GitHub workflow trigger',
  '3': 'GitHub workflow commit',
  '4': 'GitHub workflow name',
  '5': 'GitHub workflow repository',
  '6': 'GitHub workflow ref',
  '7': 'user name',
  '8': 'issuer',
  '9': 'build signer',
  '10': 'build signer digest',
  '11': 'runner environment',
  '12': 'source repository',
  '13': 'source commit',
  '14': 'source ref',
  '15': 'source repository id',
  '16': 'source owner',
  '17': 'source owner id',
  '18': 'build configuration',
  '19': 'build configuration digest',
  '20': 'build trigger',
  '21': 'run',
  '22': 'repository visibility',
  '23': 'deployment environment',
  '24': 'token subject',
};

type Line = readonly [label: string, value: string | undefined];

function identityLines({ signer, names }: SignatureFacts): readonly Line[] {
  if (signer === undefined) return [['names', names.join(', ') || 'none that can be read']];
  const extensions = Object.entries(signer.extensions)
    .filter(([arc]) => arc !== '1' && arc !== '8')
    .map(([arc, value]): Line => [EXTENSIONS[arc] ?? `extension ${arc}`, value]);
  return [
    ['identity', `${signer.value} (${signer.kind})`],
    ['issuer', signer.issuer],
    ...extensions,
  ];
}

function entryLines({ entry, logName }: SignatureFacts): readonly Line[] {
  if (entry === undefined) return [['log entry', 'none in the signature']];
  const { inclusionProof: proof } = entry;
  return [
    ['log entry', `${entry.logIndex}, ${entry.kind} ${entry.version}`],
    ['log', `${logName ?? 'unnamed'} (${toHex(entry.logId)})`],
    [
      'logged',
      entry.integratedTime === 0n ? 'no time stated' : utcTime(Number(entry.integratedTime)),
    ],
    ['log promise', entry.inclusionPromise === undefined ? 'none' : 'signed'],
    ['proof', proof && `leaf ${proof.logIndex} of a tree of ${proof.treeSize}`],
  ];
}

function linesOf(facts: SignatureFacts): readonly Line[] {
  const { attributes, certificate, timestamp, stamped, issuerName, message } = facts;
  const signedAt = attributes?.signingTime;
  const stamp = timestamp === undefined ? 'cannot be read' : utcTime(timestamp);
  return [
    [facts.type, facts.id],
    ['subject', subjectLine(facts.raw)],
    ...identityLines(facts),
    ['certificate', `SHA-1 ${certificate.sha1}`],
    ['', `SHA-256 ${certificate.sha256}`],
    ['serial', toHex(message.signer.certificate.serial)],
    ['issued by', issuerName],
    ['valid', `${utcTime(certificate.notBefore)} to ${utcTime(certificate.notAfter)}`],
    ["signer's clock", signedAt === undefined ? undefined : utcTime(signedAt)],
    ['signs digest', attributes && `SHA-256 ${toHex(attributes.messageDigest)}`],
    ...entryLines(facts),
    ['timestamp', stamped ? stamp : undefined],
  ];
}

/** Returns one label and value a line. The last line says that nothing was checked. */
export function showText(facts: SignatureFacts, paint: Paint): string {
  const lines = linesOf(facts).filter(([, value]) => value !== undefined);
  const width = Math.max(...lines.map(([label]) => label.length));
  const shown = lines.map(([label, value]) =>
    `${paint('label', label.padEnd(width))}  ${visible(value ?? '')}`.trimEnd(),
  );
  return `${shown.join('\n')}\n\n${paint('careful', 'this is what the signature claims, and it was not checked')}\n  git signet verify ${facts.id}\n`;
}

/** Returns the fields that name the object. */
export function objectJson(id: string, type: string): Readonly<Record<string, unknown>> {
  return { schemaVersion: SCHEMA_VERSION, objectId: id, objectType: type };
}

/** Returns the same as JSON, with the raw parts. */
export function showJson(facts: SignatureFacts): Readonly<Record<string, unknown>> {
  const { id, type, signer, names, certificate, issuerName, attributes, entry, message } = facts;
  const time = (seconds: number | undefined): string | undefined =>
    seconds === undefined ? undefined : rfc3339(seconds);
  return {
    ...objectJson(id, type),
    claimedSigner: signer,
    names: signer === undefined ? names : undefined,
    certificate: {
      ...certificate,
      notBefore: time(certificate.notBefore),
      notAfter: time(certificate.notAfter),
      issuer: issuerName,
      serial: toHex(message.signer.certificate.serial),
      pem: certificatePem(message.signer.certificate.der),
    },
    signingTime: time(attributes?.signingTime),
    messageDigest: attributes && toHex(attributes.messageDigest),
    signedAttributes: toBase64(message.signer.signedAttrs),
    signature: toBase64(message.signer.signature),
    logEntry: entry && {
      logId: toHex(entry.logId),
      logName: facts.logName,
      logIndex: String(entry.logIndex),
      kindVersion: `${entry.kind} ${entry.version}`,
      integratedTime: entry.integratedTime === 0n ? undefined : time(Number(entry.integratedTime)),
      treeSize: entry.inclusionProof && String(entry.inclusionProof.treeSize),
    },
    timestamp: time(facts.timestamp),
  };
}
