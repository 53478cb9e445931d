/**
 * Which Sigstore an agent signs with. One agent serves one instance: its socket's name carries a digest over every
 * setting that names servers, client or trust, so that a repository with other settings reaches another agent, and no
 * request needs to carry a setting (threats D08, D10). So does a program that speaks another version of the protocol.
 */

import { resolve } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { SettingName, Settings } from '../settings/load.ts';
import { SETTINGS, variableOf } from '../settings/table.ts';
import { PROTOCOL } from './wire/protocol.ts';

/** Settings that make another instance; files count by their name. */
export const INSTANCE_SETTINGS = [
  'issuer',
  'clientId',
  'clientSecretFile',
  'connectorId',
  'redirectUrl',
  'fulcioUrl',
  'rekorUrl',
  'rekorVersion',
  'rekorMode',
  'timestamp',
  'timestampUrl',
  'log',
  'trust',
  'trustRoot',
  'ctLog',
  'insecureHttp',
  'signingConfig',
  'fulcioRoot',
  'rekorPublicKey',
  'ctLogPublicKey',
  'timestampCertChain',
] as const satisfies readonly SettingName[];

export interface Instance {
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  /** Values by setting, '' where nothing is set; paths are absolute. */
  readonly values: Readonly<Record<string, string>>;
}

/** The instance that these settings name, read in the directory `cwd`. */
export function instanceOf(
  settings: Pick<Settings, (typeof INSTANCE_SETTINGS)[number]>,
  cwd: string,
  crypto: Crypto,
): Instance {
  const values: Record<string, string> = {};
  for (const name of INSTANCE_SETTINGS) {
    const text = String(settings[name] ?? '');
    const isPath = SETTINGS[name].kind === 'path' && text !== '' && !text.includes('://');
    values[name] = isPath ? resolve(cwd, text) : text;
  }
  const named = Object.entries(values).flat();
  return {
    digest: toHex(
      crypto.hash('sha256', utf8([`git-signet instance ${PROTOCOL}`, ...named].join('\0'))),
    ),
    values,
  };
}

/** The instance as variables, which outweigh every file: what an agent is started with. */
export function instanceEnvironment({ values }: Instance): Record<string, string> {
  return Object.fromEntries(
    INSTANCE_SETTINGS.map((name) => [variableOf(name), values[name] ?? '']),
  );
}
