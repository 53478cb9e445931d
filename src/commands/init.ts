/**
 * `git signet init`: sets the git keys that make git sign and verify with this program. `--undo` takes that back, because
 * the file keeps a record of the change in `signet.undo.init`.
 */

import type { Command, Run } from '../cli/command.ts';
import { visible } from '../core/escape.ts';
import { ExitCode } from '../errors.ts';
import { applyChange, takeBack } from '../git/config-change.ts';
import { becomesPublic } from '../login/becomes-public.ts';
import { loadSettings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';
import { installOwnProgram } from '../system/program/own-program.ts';
import { loadSigningConfig } from '../trust/load.ts';
import { allowWritten } from './allow.ts';
import { changeIn, readOnlyWith, tellTakenBack, type WrittenScope } from './configuration.ts';

/** Returns the keys that `init` sets, with their values. `program` is what git starts. */
export function keysFor(program: string): readonly (readonly [key: string, value: string])[] {
  return [
    ['gpg.format', 'x509'],
    ['gpg.x509.program', program],
    ['commit.gpgSign', 'true'],
    ['tag.gpgSign', 'true'],
    ['tag.forceSignAnnotated', 'true'],
  ];
}

/** A key that earlier versions set. Their record still takes it back, and a new `init` gives back what it was. */
const ONCE_SET = 'push.gpgSign';

const changed = (invocation: Invocation, scope: WrittenScope) =>
  changeIn(invocation, scope, 'init', [...keysFor('').map(([key]) => key), ONCE_SET]);

/** What a login leads to here: where it is, and what becomes public where. */
async function publicity({ cwd, env, now }: Invocation): Promise<string> {
  const settings = await loadSettings({ cwd, env, caller: 'sign' });
  const { chooseServices } = await import('../services/choose-servers.ts');
  const { issuerUrl, log } = chooseServices(settings, await loadSigningConfig(settings), now());
  if (log === undefined) {
    return `you log in at ${visible(issuerUrl)}
your signatures go into no log (signet.log = none), but your e-mail address becomes public with
each commit, and in the certificate log`;
  }
  return `you log in at ${visible(issuerUrl)}
${becomesPublic()}
it is published at ${visible(log.url)} with each signature, and the content of what you sign is not`;
}

async function doInit(invocation: Invocation, scope: WrittenScope): Promise<void> {
  const { path, passing } = await installOwnProgram(invocation);
  const keys = keysFor(path);
  // read before anything is written: where it cannot be, nothing is
  const published = await publicity(invocation);
  const values = Object.fromEntries(keys.map(([key, value]) => [key, [value]]));
  const change = await changed(invocation, scope);
  await readOnlyWith(values, () => applyChange(change, values));
  const width = Math.max(...keys.map(([key]) => key.length));
  const where = scope === '--local' ? 'this repository' : 'every repository of yours';
  const undo = scope === '--local' ? '' : ' --global';
  writePage(
    invocation.streams,
    `set for ${where}:
${keys.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`).join('\n')}

${published}

  undo: git signet init${undo} --undo
  next: git commit --allow-empty -m 'first signed commit'
`,
  );
  if (passing !== undefined) tellPassing(invocation, passing, `git signet init${undo}`);
  if (scope === '--local') await allowWritten(invocation, []);
}

/** Nothing on PATH leads to this program but a path of this version. */
function tellPassing({ terminal }: Invocation, path: string, again: string): void {
  terminal.say(`an upgrade may remove ${path}, which git starts: after an upgrade, type`);
  terminal.hint(again);
}

async function undoInit(invocation: Invocation, scope: WrittenScope): Promise<void> {
  const taken = await takeBack(await changed(invocation, scope));
  const { streams, terminal } = invocation;
  tellTakenBack(taken, { streams, terminal, everywhere: 'git signet init --global --undo', scope });
}

const run: Run = async ({ switches }, invocation) => {
  const scope = switches.has('global') ? '--global' : '--local';
  await (switches.has('undo') ? undoInit : doInit)(invocation, scope);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'make git sign and verify with this program',
  options: {
    global: { meaning: 'for every repository of yours' },
    local: { meaning: 'for this repository, as without it' },
    undo: { meaning: 'puts back what was there before' },
  },
  exclusive: [['global', 'local']],
  about: [
    'Makes git sign commits and annotated tags with your login, and verify them, in this repository, or everywhere with --global. Nothing is published before you sign.',
  ],
  examples: [
    ['git signet init', 'this repository'],
    ['git signet init --global', 'every repository of yours'],
    ['git signet init --undo', 'puts back what was there (add --global if you did)'],
  ],
  notes: [
    'Sets gpg.format, gpg.x509.program, commit.gpgSign, tag.gpgSign, and tag.forceSignAnnotated. It leaves push.gpgSign alone: with git push --signed, or push.gpgSign = if-asked, each push that you sign becomes public like a commit.',
  ],
  exits: { 0: 'done', 2: "git's configuration cannot be written" },
  run,
};
