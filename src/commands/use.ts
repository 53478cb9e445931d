/** `git signet use IDENTITY`: sets the login that signs in this repository, in a folder, or everywhere, and takes that back. */

import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command, Run } from '../cli/command.ts';
import { settingOption } from '../cli/options.ts';
import type { ParsedArguments } from '../cli/spec.ts';
import { visible } from '../core/escape.ts';
import { ConfigError, ExitCode, UsageError } from '../errors.ts';
import {
  applyChange,
  type ConfigChange,
  type ConfigValues,
  currentValues,
  takeBack,
} from '../git/config-change.ts';
import { type ConfigScope, moveBehind } from '../git/config-edit.ts';
import { configLines, globalFile } from '../git/config-file.ts';
import { loadSettings, resolveSettings } from '../settings/load.ts';
import { answerTo, YES_OR_NO } from '../system/answers.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';
import { shellWord } from '../system/shell.ts';
import { allowWritten } from './allow.ts';
import { changeIn, readOnlyWith, tellTakenBack } from './configuration.ts';

const KEYS = ['signet.identity', 'signet.issuer'] as const;
const INCLUDE = /^includeif\..*\.path$/;

/** A change, and the values that it sets. */
interface Step {
  readonly change: ConfigChange;
  readonly set: ConfigValues;
}

interface Place {
  /** `this repository` */
  readonly where: string;
  /** The options that name the place again. */
  readonly options: string;
  readonly steps: readonly Step[];
}

/** Returns git's pattern for every repository below a folder. Characters with a meaning in a pattern are escaped. */
const patternOf = (folder: string): string => `${folder.replaceAll(/[\\*?[]/g, '\\$&')}/`;

/** Returns the folder for the files that `--folder` writes, or undefined if the environment names no home. */
function ownFolder({ env: { XDG_CONFIG_HOME: xdg, HOME: home }, cwd }: Invocation) {
  if (xdg) return join(resolve(cwd, xdg), 'git-signet');
  return home ? join(home, '.config', 'git-signet') : undefined;
}

/** Returns the folder without links, because git compares that. @throws UsageError if it is not there, unless `gone` may be */
function realFolder(name: string, { cwd }: Invocation, mayBeGone: boolean): string {
  const path = resolve(cwd, name);
  try {
    return realpathSync(path);
  } catch {
    if (mayBeGone) return path;
    throw new UsageError(`--folder ${name}: there is no such folder`, {
      hint: `mkdir -p ${shellWord(name)}`,
    });
  }
}

async function placeOf(
  { switches, values }: ParsedArguments,
  set: ConfigValues,
  invocation: Invocation,
): Promise<Place> {
  const folder = values.get('folder');
  if (folder === undefined) {
    const scope = switches.has('global') ? '--global' : '--local';
    const change = await changeIn(invocation, scope, 'use', KEYS);
    const global = scope === '--global';
    return {
      where: global ? 'every repository of yours' : 'this repository',
      options: global ? ' --global' : '',
      steps: [{ change, set }],
    };
  }
  const real = realFolder(folder, invocation, switches.has('undo'));
  const digest = createHash('sha256').update(real).digest('hex').slice(0, 8);
  const name = `${basename(real).replaceAll(/[^\w-]/g, '-')}-${digest}`;
  const own = ownFolder(invocation);
  if (own === undefined) {
    throw new ConfigError('there is no place for the file of --folder: HOME is not set');
  }
  const file = join(own, `${name}.gitconfig`);
  const place = { cwd: invocation.cwd, env: invocation.env };
  const key = `includeIf.gitdir:${patternOf(real)}.path`;
  const change = { place, file: globalFile(place), keys: [key], mark: `signet.undo.use-${digest}` };
  const others = (await currentValues(change))[key]?.filter((path) => path !== file) ?? [];
  return {
    where: `every repository below ${real}`,
    options: ` --folder ${shellWord(folder)}`,
    // the file comes first, because git ignores it until it is included
    steps: [
      { change: { place, file, keys: KEYS, mark: 'signet.undo.use' }, set },
      { change, set: { [key]: [...others, file] } },
    ],
  };
}

/** Shows what will be written, and asks if there is a person. @throws UsageError if the answer is no */
async function agree(
  { steps }: Place,
  { switches }: ParsedArguments,
  { terminal, streams }: Invocation,
): Promise<void> {
  let shown = false;
  for (const { change, set } of steps) {
    const former = await currentValues(change);
    const added = Object.fromEntries(
      Object.entries(set).map(([key, values]) => [
        key,
        values.filter((value) => !former[key]?.includes(value)),
      ]),
    );
    const lines = configLines(added).map((line) => `  ${visible(line)}\n`);
    if (lines.length === 0) continue;
    shown = true;
    const before = KEYS.flatMap((key) => former[key]?.map((value) => `${key} = ${value}`) ?? []);
    const instead = before.length === 0 ? '' : `  instead of ${visible(before.join(', '))}\n`;
    writePage(streams, `${visible(change.file)} gets\n${lines.join('')}${instead}`);
  }
  if (!shown || switches.has('yes') || !terminal.interactive) return;
  if ((await answerTo('Write this? [y/n]', YES_OR_NO, terminal)) === 'yes') return;
  throw new UsageError('nothing was written');
}

async function write(
  { where, options, steps }: Place,
  identity: string,
  invocation: Invocation,
): Promise<void> {
  const folder = ownFolder(invocation);
  const isOwn = (file: string): boolean =>
    folder !== undefined && file.startsWith(join(folder, '/'));
  for (const { change, set } of steps) {
    const { place, file } = change;
    if (isOwn(file)) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // what a folder says must stay behind what all repositories say
    const order = (copy: ConfigScope) => moveBehind(place, copy, { key: INCLUDE, isOwn }, KEYS[0]);
    await readOnlyWith(set, () => applyChange(change, set, order));
  }
  writePage(
    invocation.streams,
    `${visible(identity)} signs in ${visible(where)}
  undo: git signet use --undo${visible(options)}
`,
  );
}

/** Says which value overrides the one that was just written. */
async function tellLouder(identity: string, { env, cwd, terminal }: Invocation): Promise<void> {
  const { settings, found } = await resolveSettings({ env, cwd });
  const louder = found.get('identity');
  if (louder === undefined || settings.identity === identity) return;
  const place = louder.entry === undefined ? '' : ` (${louder.entry.origin})`;
  terminal.say(`but here ${louder.label}${place} overrides it: ${louder.text}`);
}

async function undo(place: Place, invocation: Invocation): Promise<ExitCode> {
  const { streams, terminal } = invocation;
  const scope = place.options === '' ? '--local' : '--global';
  // first what makes git read the file, then the file
  const taken = [];
  for (const { change } of place.steps.toReversed()) taken.push(await takeBack(change));
  const some = taken.filter((one) => one !== undefined);
  const all = {
    putBack: some.flatMap(({ putBack }) => putBack),
    left: some.flatMap(({ left }) => left),
  };
  tellTakenBack(some.length === 0 ? undefined : all, {
    ...{ streams, terminal, scope },
    everywhere: 'git signet use --undo --global',
  });
  return ExitCode.ok;
}

const run: Run = async (args, invocation) => {
  const { env, cwd } = invocation;
  const [identity = ''] = args.positionals;
  if (args.switches.has('undo')) {
    if (identity !== '') throw new UsageError('--undo takes no IDENTITY');
    return undo(await placeOf(args, {}, invocation), invocation);
  }
  if (identity.trim() !== identity || identity === '' || visible(identity) !== identity) {
    throw new UsageError(
      `'${identity}' is not an identity: expected a name such as alice@example.com`,
    );
  }
  // a value that cannot be read is refused before it is written
  const { issuer } = await loadSettings({ env, cwd, flags: { ...args.flags, identity } });
  const given = args.flags.issuer === undefined ? {} : { 'signet.issuer': [issuer ?? ''] };
  const place = await placeOf(args, { 'signet.identity': [identity], ...given }, invocation);
  await agree(place, args, invocation);
  await write(place, identity, invocation);
  if (place.options === '') await allowWritten(invocation, KEYS);
  if (!args.values.has('folder')) await tellLouder(identity, invocation);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'which login signs here',
  positionals: [{ name: 'IDENTITY', takes: 'text', optional: true }],
  options: {
    folder: { takes: 'directory', meaning: 'in every repository below DIR, by includeIf' },
    global: { meaning: 'in every repository of yours' },
    issuer: settingOption('issuer'),
    yes: { meaning: 'do not ask before writing' },
    undo: { meaning: 'put back what was there before the first use (with the same place)' },
  },
  exclusive: [['folder', 'global']],
  about: [
    'Signs in this repository as IDENTITY only. IDENTITY is the name that the certificate will carry, as a rule an e-mail address. Another login signs nothing and publishes nothing. The command shows what it will write, and asks at a terminal.',
  ],
  examples: [
    ['git signet use alice@example.com'],
    ['git signet use alice@work.example --folder ~/work'],
    ['git signet use --undo --folder ~/work', 'as it was before'],
  ],
  notes: [
    'Sets signet.identity, and signet.issuer with --issuer. With --folder they stand in a file of their own, which your own configuration includes for that folder.',
  ],
  exits: { 0: 'done', 2: 'nothing was written' },
  run,
};
