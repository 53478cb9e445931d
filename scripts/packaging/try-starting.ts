/**
 * Starts what can be started here: this machine's executable, and those of other platforms in emulators. Each says its
 * version and verifies a signed commit.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSample } from '../build-parts/sample.ts';
import { type Ended, ended, say } from './command.ts';
import { EMULATORS, type Started } from './emulators.ts';
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

function tryOne(release: Release, target: Target): void {
  const folder = join(release.work, 'tries', target.name);
  mkdirSync(folder, { recursive: true });
  const executable = join(madeIn(release, target), target.executable);
  try {
    const how = isHere(target)
      ? { program: executable, args: [], env: {}, seenAs: folder, git: true, what: 'here' }
      : emulated(target, executable, folder);
    tryStarted(release, target, folder, how);
    say(`${target.name}: starts ${how.what}${how.git ? ', and verifies a commit' : ''}`);
  } catch (error) {
    if (!(error instanceof NotTried)) throw error;
    say(`${target.name}: not started: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An emulator that cannot be had says nothing about our executable. */
class NotTried extends Error {}

function emulated(
  target: Target,
  executable: string,
  folder: string,
): Started & { readonly what: string } {
  const emulator = EMULATORS.find((each) => each.target === target.name);
  if (emulator === undefined) throw new NotTried('no emulator for it is known here');
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new NotTried('the emulators are for Linux on x64');
  }
  try {
    return { ...emulator.prepare(executable, folder), what: emulator.what };
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
