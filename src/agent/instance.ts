/**
 * The Sigstore that an agent signs with. One agent serves one instance. The name of its socket carries a digest over every
 * setting that names servers, client or trust. So a repository with other settings reaches another agent, as does a program
 * that speaks another version of the protocol, and no request needs to carry a setting (threats D08, D10).
 */

import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { SettingName, Settings } from '../settings/load.ts';
import { SETTINGS, variableOf } from '../settings/table.ts';
import { resolve } from '../system/paths.ts';
import { PROTOCOL } from './wire/protocol.ts';

/** The settings that make an instance. Files count by their name. */
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
  /** Values by setting, '' for one that is not set. Paths are absolute. */
  readonly values: Readonly<Record<string, string>>;
}

/** Returns the instance that these settings name in the directory `cwd`. */
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

/** Returns the instance as variables, which outweigh every file. An agent is started with them. */
export function instanceEnvironment({ values }: Instance): Record<string, string> {
  return Object.fromEntries(
    INSTANCE_SETTINGS.map((name) => [variableOf(name), values[name] ?? '']),
  );
}
