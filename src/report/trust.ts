/** Shows the trust root as text and as JSON: its source, its age, and the servers that it trusts with their dates. */

import type { Crypto } from '../core/crypto.ts';
import { visible } from '../core/escape.ts';
import type {
  TrustedAuthority,
  TrustedLog,
  TrustMaterial,
  ValidityWindow,
} from '../core/trust/trust-material.ts';
import { readTrustedCertificate, summarize } from '../core/x509/certificate.ts';
import { nameText } from '../core/x509/distinguished-name.ts';
import { rfc3339 } from './json-parts.ts';
import { type LeftOutRow, leftOutOf, usable } from './left-out.ts';

/** Facts about a mirror's metadata. */
export interface MirrorFacts {
  readonly url: string;
  /** Root version that updates start from. */
  readonly anchor: number;
  readonly roles: Readonly<Record<string, { readonly version: number; readonly expires: number }>>;
}

export interface TrustFacts {
  readonly crypto: Crypto;
  readonly trust: TrustMaterial;
  /** Labels of the settings that chose it. Empty for the default. */
  readonly chosenBy: readonly string[];
  readonly mirror?: MirrorFacts;
  /** Addresses that signing would use now. */
  readonly services: readonly { readonly kind: string; readonly url: string }[];
  /** Services that are never used, because this program does not speak their API version. */
  readonly unspoken: readonly LeftOutRow[];
  /** Unix seconds. */
  readonly now: number;
}

const DAY = 86_400;
const iso = (time: number): string => rfc3339(time) ?? 'unknown';
const day = (time: number): string => iso(time).slice(0, 10);

/** Returns e.g. `3 days ago` or `today`. */
export function ageText(seconds: number): string {
  const days = Math.floor(Math.max(0, seconds) / DAY);
  return days === 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
}

function windowText({ start, end }: ValidityWindow, now: number): string {
  const from = start === 0 ? 'always' : day(start);
  if (end === undefined) return `${from} –`;
  return `${from} – ${day(end)}${end < now ? ' (past)' : ''}`;
}

function windowJson({ start, end }: ValidityWindow): object {
  return {
    ...(start === 0 ? {} : { start: iso(start) }),
    end: end === undefined ? undefined : iso(end),
  };
}

function logJson({ id, baseUrl, key, validFor }: TrustedLog): object {
  return { baseUrl, logId: id, keyType: key.kind, validFor: windowJson(validFor) };
}

function chainJson({ chain }: TrustedAuthority, crypto: Crypto): readonly object[] {
  return chain.map((der) => {
    const certificate = readTrustedCertificate(der);
    const { subject, notBefore, notAfter } = certificate;
    return {
      subject: nameText(subject),
      sha256: summarize(certificate, crypto).sha256,
      ...{ notBefore: iso(notBefore), notAfter: iso(notAfter) },
    };
  });
}

function authorityJson(authority: TrustedAuthority, crypto: Crypto): object {
  const { uri, validFor } = authority;
  return { uri, validFor: windowJson(validFor), chain: chainJson(authority, crypto) };
}

/** Returns all facts as JSON. The names of the fields are stable. */
export function trustJson(facts: TrustFacts): object {
  const { trust, chosenBy, mirror, services, crypto } = facts;
  const { refreshed } = trust.mirror ?? {};
  const roles = Object.entries(mirror?.roles ?? {}).map(([role, { version, expires }]) => [
    role,
    { version, expires: iso(expires) },
  ]);
  return {
    ...{ schemaVersion: 1, source: trust.source, sha256: trust.digest, chosenBy },
    refreshed: refreshed === undefined ? undefined : iso(refreshed),
    ...(mirror === undefined
      ? {}
      : { mirror: { url: mirror.url, anchor: mirror.anchor, roles: Object.fromEntries(roles) } }),
    ...(trust.withoutCtLog === true ? { withoutCtLog: true } : {}),
    certificateAuthorities: usable(trust.certificateAuthorities).map((one) =>
      authorityJson(one, crypto),
    ),
    transparencyLogs: trust.tlogs.map(logJson),
    certificateLogs: trust.ctLogs.map(logJson),
    timestampAuthorities: usable(trust.timestampAuthorities).map((one) =>
      authorityJson(one, crypto),
    ),
    leftOut: leftOutOf(trust, facts.unspoken, crypto),
    services,
  };
}

type Row = readonly [kind: string, validity: string, name: string, id: string];

function authorityRow(kind: string, authority: TrustedAuthority, facts: TrustFacts): Row {
  const [issuer = new Uint8Array()] = authority.chain;
  const certificate = readTrustedCertificate(issuer);
  const name = nameText(certificate.subject);
  const sha256 = summarize(certificate, facts.crypto).sha256.slice(0, 16);
  return [kind, windowText(authority.validFor, facts.now), `${authority.uri} (${name})`, sha256];
}

function logRow(kind: string, { baseUrl, id, validFor }: TrustedLog, now: number): Row {
  return [kind, windowText(validFor, now), baseUrl || 'unnamed', id.slice(0, 16)];
}

function table(rows: readonly Row[]): readonly string[] {
  const width = (column: 0 | 1): number => Math.max(0, ...rows.map((row) => row[column].length));
  const [kind, validity] = [width(0), width(1)];
  return rows.map(
    (row) =>
      `  ${row[0].padEnd(kind)}  ${visible(row[1]).padEnd(validity)}  ${row[3].padEnd(16)}  ${visible(row[2])}`,
  );
}

function mirrorLines({ url, anchor, roles }: MirrorFacts, now: number): readonly string[] {
  const parts = Object.entries(roles).map(
    ([role, { version, expires }]) =>
      `${role} ${version} (${expires < now ? 'expired' : 'until'} ${day(expires)})`,
  );
  return [
    `mirror      ${visible(url)}, from root ${anchor} on`,
    ...(parts.length === 0 ? [] : [`metadata    ${parts.join(', ')}`]),
  ];
}

/** Returns all facts as text, one a line. */
export function trustText(facts: TrustFacts): string {
  const { trust, chosenBy, mirror, services, now } = facts;
  const { refreshed } = trust.mirror ?? {};
  const fetched =
    refreshed === undefined
      ? 'never, it is built in'
      : `${day(refreshed)}, ${ageText(now - refreshed)}`;
  const rows: readonly Row[] = [
    ...usable(trust.certificateAuthorities).map((one) => authorityRow('CA', one, facts)),
    ...trust.tlogs.map((one) => logRow('log', one, now)),
    ...trust.ctLogs.map((one) => logRow('CT log', one, now)),
    ...usable(trust.timestampAuthorities).map((one) => authorityRow('TSA', one, facts)),
  ];
  const leftOut = leftOutOf(trust, facts.unspoken, facts.crypto).map(
    ({ kind, name, id, why }): Row => [kind, why, name || 'unnamed', id.slice(0, 16)],
  );
  const lines = [
    `trust root  ${visible(trust.source)}`,
    `chosen by   ${chosenBy.length === 0 ? 'the default' : visible(chosenBy.join(', '))}`,
    `sha256      ${trust.digest}`,
    ...(trust.mirror === undefined ? [] : [`fetched     ${fetched}`]),
    ...(mirror === undefined ? [] : mirrorLines(mirror, now)),
    ...(trust.withoutCtLog === true ? ['CT log      none, by signet.ctLog'] : []),
    'trusts',
    ...table(rows),
    ...(leftOut.length === 0 ? [] : ['left out (listed, but without effect)', ...table(leftOut)]),
    `signs with  ${services.map(({ kind, url }) => `${kind} ${visible(url)}`).join(', ') || 'nothing, because there is no signing configuration'}`,
  ];
  return `${lines.join('\n')}\n`;
}
