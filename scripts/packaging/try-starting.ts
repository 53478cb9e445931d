/**
 * Starts what can be started here: this machine's executable, and those of other platforms in emulators. Each says its
 * version and verifies a signed commit.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSample } from '../build-parts/sample.ts';
import { type Ended, ended, say } from './command.ts';
import { EMULATORS, type Emulator, type Started } from './emulators.ts';
import { madeIn } from './executables.ts';
import { type Release, StepError } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

/** Tries every platform's executable. Makes no file. @throws StepError where one starts and does not do what it must */
export async function tryStarting(release: Release): Promise<readonly string[]> {
  for (const target of TARGETS) tryOne(release, target);
  return [];
}

/** This machine's own platform needs no emulator. Node is asked for the C library that it runs with. */
function isHere({ os, cpu, libc }: Target): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const ours = header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return os === process.platform && cpu === process.arch && (libc === undefined || libc === ours);
}

/** How to start a platform's executable; nothing where that is not known. */
function waysOf(target: Target, executable: string): readonly Pick<Emulator, 'what' | 'prepare'>[] {
  const emulators = process.platform === 'linux' && process.arch === 'x64' ? EMULATORS : [];
  if (!isHere(target)) return emulators.filter((each) => each.target === target.name);
  const here = { program: executable, args: [], env: {}, git: true };
  return [{ what: 'here', prepare: (_, folder) => ({ ...here, seenAs: folder }) }];
}

function tryOne(release: Release, target: Target): void {
  const executable = join(madeIn(release, target), target.executable);
  const ways = waysOf(target, executable);
  if (ways.length === 0) say(`not tried: ${target.name}: no emulator for it is known here`);
  for (const { what, prepare } of ways) {
    const folder = join(release.work, 'tries', target.name);
    mkdirSync(folder, { recursive: true });
    try {
      const how = prepared(() => prepare(executable, folder));
      tryStarted(release, target, folder, how);
      say(`${target.name}: starts ${what}${how.git ? ', and verifies a commit' : ''}`);
    } catch (error) {
      if (!(error instanceof NotTried)) throw error;
      say(`not tried: ${target.name} ${what}: ${error.message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** An emulator that cannot be had says nothing about our executable. */
class NotTried extends Error {}

function prepared(prepare: () => Started): Started {
  try {
    return prepare();
  } catch (error) {
    throw new NotTried((error as Error).message);
  }
}

function tryStarted(release: Release, target: Target, folder: string, how: Started): void {
  const { args, input, env } = writeSample(folder, how.seenAs);
  const call = (words: readonly string[], stdin?: Uint8Array): Ended =>
    ended(how.program, [...how.args, ...words], {
      env: { ...env, ...how.env },
      ...(stdin === undefined ? {} : { input: stdin }),
    });
  const answers: readonly (readonly [Ended, RegExp])[] = [
    [call(['--version']), new RegExp(`^git-signet ${release.version.replaceAll('.', '\\.')} `)],
    [call(['version', '--licenses']), /^Third-party notices of git-signet/],
    ...(how.git ? [[call(args, input), /^\[GNUPG:\] GOODSIG /m] as const] : []),
  ];
  for (const [{ exit, out, err }, expected] of answers) {
    if (exit === 0 && expected.test(out)) continue;
    throw new StepError(
      `${target.name}: exit ${exit ?? 'by a signal'}\n  ${`${out}${err}`.trim().slice(0, 2000)}`,
      'nothing of it may be released',
    );
  }
}
