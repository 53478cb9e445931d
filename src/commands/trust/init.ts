/**
 * `git signet trust init`: sets another trust root for this repository, or for all of them. The named root is read, proved
 * and kept before git's configuration changes. --undo restores the former values.
 */

import { writeFile } from 'node:fs/promises';
import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import type { Crypto } from '../../core/crypto.ts';
import { plural } from '../../core/plural.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import {
  applyChange,
  type ConfigChange,
  currentValues,
  takeBack,
} from '../../git/config-change.ts';
import { loadSettings, type Settings } from '../../settings/load.ts';
import { variablesOf } from '../../settings/table.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { keepTrustFile, pinnedMirror } from '../../trust/given.ts';
import { loadSigningConfig, loadTrust } from '../../trust/load.ts';
import { chosenMark } from '../../trust/origin.ts';
import { mirrorSource, PUBLIC_GOOD_MIRROR, STAGING_MIRROR } from '../../trust/source.ts';
import { allowWritten } from '../allow.ts';
import { changeIn, readOnlyWith, tellTakenBack, type WrittenScope } from '../configuration.ts';
import { refreshNow } from './update.ts';

/** The keys that init writes, and keeps for --undo. */
const KEYS = ['signet.trust', 'signet.trustRoot', 'signet.signingConfig', 'signet.ctLog'] as const;
const changed = (invocation: Invocation, scope: WrittenScope): Promise<ConfigChange> =>
  changeIn(invocation, scope, 'trust', KEYS);

interface Given {
  readonly args: ParsedArguments;
  readonly settings: Settings;
  readonly crypto: Crypto;
  readonly invocation: Invocation;
}

/** Reads which way names the trust root. @throws UsageError unless exactly one is given */
function wayOf({
  values,
  switches,
}: ParsedArguments): 'mirror' | 'from' | 'staging' | 'public-good' {
  const ways = (['mirror', 'from', 'staging', 'public-good'] as const).filter(
    (way) => values.has(way) || switches.has(way),
  );
  const [way] = ways;
  if (way === undefined || ways.length > 1)
    throw new UsageError('trust init: one of --mirror, --from, --staging, --public-good', {
      hint: 'git signet trust --help',
    });
  const belongs: Readonly<Record<string, string>> = {
    root: 'mirror',
    'root-checksum': 'mirror',
    'signing-config': 'from',
  };
  const stray = Object.keys(belongs).find((name) => values.has(name) && belongs[name] !== way);
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --${belongs[stray]}`);
  return way;
}

/** Fetches and keeps the mirror's trust root. Returns the value of the setting. */
async function initMirror(
  { args, settings, crypto, invocation }: Given,
  way: string,
): Promise<string> {
  const given =
    way === 'mirror'
      ? await pinnedMirror(
          {
            url: args.values.get('mirror') ?? '',
            root: args.values.get('root'),
            checksum: args.values.get('root-checksum'),
          },
          { settings, crypto, env: invocation.env, cwd: invocation.cwd },
        )
      : { setting: way === 'staging' ? STAGING_MIRROR : PUBLIC_GOOD_MIRROR, root: undefined };
  const { trustCache } = settings;
  const source = mirrorSource(given.setting, { ...(trustCache ? { trustCache } : {}) }, crypto);
  invocation.terminal.progress(`asking ${source.name} for its trust root`);
  await refreshNow(source, settings, { ...invocation, crypto, root: given.root });
  invocation.terminal.progress(undefined);
  if (source.directory !== undefined)
    await writeFile(chosenMark(source.directory), '', { mode: 0o600 });
  return given.setting;
}

async function initFile({ args, settings, crypto, invocation }: Given): Promise<string> {
  const { values } = args;
  const files = { from: values.get('from') ?? '', signingConfig: values.get('signing-config') };
  return keepTrustFile(files, { settings, crypto, cwd: invocation.cwd });
}

async function writeKeys(
  change: ConfigChange,
  values: Readonly<Partial<Record<(typeof KEYS)[number], string>>>,
): Promise<void> {
  const set = Object.fromEntries(
    KEYS.map((key) => [key, values[key] === undefined ? [] : [values[key]]]),
  );
  await readOnlyWith(set, () => applyChange(change, set));
}

async function undo({ args, invocation }: Omit<Given, 'crypto' | 'settings'>): Promise<ExitCode> {
  const scope = args.switches.has('global') ? '--global' : '--local';
  const taken = await takeBack(await changed(invocation, scope));
  const { streams, terminal } = invocation;
  const everywhere = 'git signet trust init --global --undo';
  tellTakenBack(taken, { streams, terminal, everywhere, scope });
  return ExitCode.ok;
}

/** Says once what the trust root is used with, and which other setting overrides it. */
async function report(
  { settings, crypto, invocation, args }: Given,
  trust: string,
  scope: WrittenScope,
): Promise<void> {
  const { env, streams, terminal } = invocation;
  const ctLog = args.switches.has('no-ct-log') ? 'none' : 'required';
  const { trustRoot: _root, signingConfig: _config, ...rest } = settings;
  const set: Settings = { ...rest, trust, ctLog };
  const [material, config] = await Promise.all([loadTrust(set, crypto), loadSigningConfig(set)]);
  const count = (list: readonly unknown[], what: string): string => plural(list.length, what);
  const global = scope === '--global' ? ' --global' : '';
  const signs = [...config.caUrls, ...config.rekorTlogUrls].map(({ url }) => url).join(', ');
  const next =
    signs === ''
      ? 'it names no services: to sign here too, give --signing-config FILE'
      : `signs with  ${signs}`;
  const left =
    material.leftOut.length === 0
      ? ''
      : `\n  left out    ${count(material.leftOut, 'log')} of a kind that is not verified with here`;
  writePage(
    streams,
    `trust root ${material.source}, set for ${global === '' ? 'this repository' : 'every repository of yours'}
  trusts      ${count(material.certificateAuthorities, 'CA')}, ${count(material.tlogs, 'log')}, ${count(material.ctLogs, 'CT log')}, ${count(material.timestampAuthorities, 'TSA')}
  ${next}${left}
  undo: git signet trust init${global} --undo
  next: git signet trust show
`,
  );
  if (material.ctLogs.length === 0 && ctLog === 'required')
    terminal.say(
      'it lists no CT log, so no signature verifies under it: add --no-ct-log if this instance has none',
    );
  const louder = variablesOf('trust').find((name) => env[name] !== undefined);
  if (louder !== undefined) terminal.say(`${louder} is set, and overrides it`);
}

const run: Run = async (args, invocation) => {
  if (args.switches.has('undo')) return undo({ args, invocation });
  const way = wayOf(args);
  const { env, cwd } = invocation;
  const scope = args.switches.has('global') ? '--global' : '--local';
  // first, because a download is wasted if git cannot write there
  const change = await changed(invocation, scope);
  await currentValues(change);
  const settings = await loadSettings({ env, cwd });
  const given: Given = { args, settings, crypto: await loadCrypto(), invocation };
  const trust = way === 'from' ? await initFile(given) : await initMirror(given, way);
  const ctLog = args.switches.has('no-ct-log') ? { 'signet.ctLog': 'none' } : {};
  await writeKeys(change, { 'signet.trust': trust, ...ctLog });
  await report(given, trust, scope);
  if (scope === '--local') await allowWritten(invocation, KEYS);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'another trust root',
  options: {
    mirror: { takes: 'text', value: 'URL', meaning: 'a TUF mirror' },
    root: {
      takes: 'file',
      value: 'FILE|URL',
      meaning: 'with --mirror: the root metadata that its updates start from',
    },
    'root-checksum': {
      takes: 'text',
      value: 'SHA256',
      meaning: 'the digest that the root must have, required if --root is an address',
    },
    from: { takes: 'file', meaning: 'a copy of trusted_root.json, or of a client trust config' },
    'signing-config': {
      takes: 'file',
      meaning: 'with --from: services to sign with, if FILE names none',
    },
    staging: { meaning: "Sigstore's staging instance" },
    'public-good': { meaning: "Sigstore's public instance" },
    'no-ct-log': { meaning: 'this instance has no certificate transparency log' },
    global: { meaning: 'in every repository of yours' },
    undo: { meaning: 'restore the former values (with --global if you used it)' },
  },
  about: [
    'sets signet.trust, here or with --global, to one of --mirror, --from, --staging or --public-good',
  ],
  run,
};
