/** The steps of a release, in their order. release.ts starts this in the clone, with the release as its one argument. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { archives, sourceArchive, sums } from './archives.ts';
import { command, ended, say } from './command.ts';
import { container } from './container.ts';
import { debRpm, filesBelow } from './deb-rpm.ts';
import { executables } from './executables.ts';
import { homebrew } from './homebrew.ts';
import { npm } from './npm.ts';
import { provenance } from './provenance.ts';
import { releasedSum } from './released-file.ts';
import { sbom } from './sbom.ts';
import { secondBuild } from './second-build.ts';
import { selfCheck } from './self-check.ts';
import { type Release, type Step, StepError } from './step.ts';
import { trees } from './trees.ts';
import { tryContainer } from './try-container.ts';
import { tryInstalling } from './try-installing.ts';
import { tryNpm } from './try-npm.ts';
import { tryPackages } from './try-packages.ts';
import { tryStarting } from './try-starting.ts';

/** Signs the tag with the program that is released, unless it is there already. */
async function tag(release: Release): Promise<readonly string[]> {
  const name = `v${release.version}`;
  if (ended('git', ['rev-parse', '--verify', '--quiet', `refs/tags/${name}`]).exit === 0) return [];
  const program = join(process.cwd(), 'dist/git-signet');
  command('git', [
    ...['-c', 'gpg.format=x509', '-c', `gpg.x509.program=${program}`],
    ...['tag', '--sign', '--message', `git-signet ${release.version}`, name, release.commit],
  ]);
  return [];
}

const STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['signing the tag', tag],
  ['executables', executables],
  ['starting them', tryStarting],
  ['a second build', secondBuild],
  ['trees', trees],
  ['archives', archives],
  ['source archive', sourceArchive],
  ['.deb and .rpm', debRpm],
  ['formula', homebrew],
  ['Containerfile', container],
  ['npm packages', npm],
  ['bill of materials', sbom],
  ['sums', sums],
  ['provenance', provenance],
  ['trying the packages', tryPackages],
  ['trying the npm packages', tryNpm],
  ['trying the image', tryContainer],
  ['trying the page', tryInstalling],
  ['self-check', selfCheck],
];

async function main(release: Release): Promise<void> {
  for (const [name, step] of STEPS) {
    const since = Date.now();
    const files = await step(release);
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    say(`${name}: ${files.length === 0 ? 'done' : `${files.length} files`} in ${seconds} s`);
  }
  for (const name of filesBelow(release.out)) {
    const size = statSync(join(release.out, name)).size;
    process.stdout.write(`${releasedSum(release, name)} ${String(size).padStart(11)} ${name}\n`);
  }
}

try {
  await main(JSON.parse(process.argv[2] ?? '') as Release);
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  say(`${error.message}\n  ${error.remedy}`);
  process.exitCode = 1;
}
