/** A signing request against a sandbox, in this process: what main.ts would make of the sandbox's environment. */

import type { Sandbox } from '../../src/sandbox/index.ts';
import { loadSettings, type SettingsSources } from '../../src/settings/load.ts';
import type { SignRequest } from '../../src/signing/sign.ts';
import { loadCrypto } from '../../src/system/crypto-port.ts';
import type { Terminal } from '../../src/system/terminal.ts';
import { loadSigningConfig, loadTrust } from '../../src/trust/load.ts';

/** A person who reads everything and types nothing. */
export interface Listener extends Terminal {
  readonly lines: string[];
}

export function fakeTerminal(interactive = true): Listener {
  const lines: string[] = [];
  return {
    lines,
    interactive,
    say: (line) => lines.push(line),
    findsPerson: async () => interactive,
    sayShort: async (line) => void lines.push(line),
    hint: (line) => lines.push(`  ${line}`),
    progress: () => undefined,
    ask: async () => undefined,
    addressPerson: () => undefined,
    neverAsk: () => undefined,
    copyTo: async () => undefined,
  };
}

export const COMMIT = Buffer.from(
  'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n' +
    'author Alice <alice@example.test> 1795263000 +0000\n' +
    'committer Alice <alice@example.test> 1795263000 +0000\n\n' +
    'parser: refuse trailing bytes\n',
);

export const TAG = Buffer.from(
  'object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1.0\n' +
    'tagger Alice <alice@example.test> 1795263000 +0000\n\nfirst\n',
);

export interface RequestOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: SettingsSources['flags'];
  readonly rekorVersion?: 1 | 2;
  readonly terminal?: Terminal;
}

/** With a token of alice unless `env` says otherwise. */
export async function signRequest(
  sandbox: Sandbox,
  options: RequestOptions = {},
): Promise<SignRequest> {
  const env = {
    ...sandbox.environment({ rekorVersion: options.rekorVersion ?? 1 }),
    SIGSTORE_ID_TOKEN: await sandbox.mintToken(),
    ...options.env,
  };
  const settings = await loadSettings({
    env,
    cwd: sandbox.dir,
    gitConfig: '',
    flags: options.flags,
  });
  const crypto = await loadCrypto();
  return {
    settings,
    trust: await loadTrust(settings, crypto),
    signingConfig: await loadSigningConfig(settings),
    terminal: options.terminal ?? fakeTerminal(),
    crypto,
    now: () => Math.floor(Date.now() / 1000),
    env,
    context: {
      repository: '~/src/parser',
      kind: 'commit',
      subject: 'parser: refuse trailing bytes',
    },
  };
}
