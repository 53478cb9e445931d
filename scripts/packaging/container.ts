/** The Containerfile: an image without a base, from the release's own archives. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Release, StepError } from './step.ts';
import { archiveName, TARGETS } from './targets.ts';
import { fill } from './template.ts';

/** The archive for a processor, by the name that OCI platforms give it, which is Debian's. */
function archiveFor(version: string, architecture: string): string {
  const target = TARGETS.find(({ deb }) => deb === architecture);
  if (target === undefined) throw new Error(`no platform is ${architecture} for containers`);
  return archiveName(version, target);
}

/** The Containerfile's text. */
export function containerfile(
  template: string,
  { version, repository, commit }: Pick<Release, 'version' | 'repository' | 'commit'>,
): string {
  return fill(template, {
    ...{ VERSION: version, HOMEPAGE: repository, COMMIT: commit },
    AMD64_ARCHIVE: archiveFor(version, 'amd64'),
    ARM64_ARCHIVE: archiveFor(version, 'arm64'),
  });
}

/** One instruction of a Containerfile. */
export interface Instruction {
  readonly name: string;
  readonly args: readonly string[];
}

/** Instructions of a Containerfile, comments left out, continued lines joined. */
export function readContainerfile(text: string): readonly Instruction[] {
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ');
  return joined
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name]) => name !== '')
    .map(([name = '', ...args]) => ({ name: name.toUpperCase(), args }));
}

/**
 * Instructions that take what is not in the release's folder, or run something: a base image, an address, another image, a
 * command. Stages that stand above and `scratch` are the only bases.
 */
export function foreignInstructions(instructions: readonly Instruction[]): readonly Instruction[] {
  const stages = new Set(['scratch']);
  return instructions.filter(({ name, args }) => {
    const sources = args.filter((arg) => !arg.startsWith('--')).slice(0, -1);
    const from = args.find((arg) => arg.startsWith('--from='))?.slice('--from='.length);
    switch (name) {
      case 'FROM': {
        const [base = '', , stage] = args;
        const known =
          base === `\${TARGETARCH}` ? stages.has('amd64') && stages.has('arm64') : stages.has(base);
        if (stage !== undefined) stages.add(stage);
        return !known;
      }
      case 'ADD':
        return from !== undefined || sources.some((source) => source.includes(':'));
      case 'COPY':
        return from === undefined || !stages.has(from);
      default:
        return !['ARG', 'LABEL'].includes(name);
    }
  });
}

/** Writes `Containerfile`. @throws StepError where building it would fetch or run anything */
export async function container(release: Release): Promise<readonly string[]> {
  const text = containerfile(readFileSync('packaging/Containerfile.in', 'utf8'), release);
  const [foreign] = foreignInstructions(readContainerfile(text));
  if (foreign !== undefined) {
    throw new StepError(
      `the Containerfile takes what is not of the release: ${foreign.name} ${foreign.args.join(' ')}`,
      'change packaging/Containerfile.in',
    );
  }
  const made = join(release.out, 'Containerfile');
  writeFileSync(made, text);
  return [made];
}
