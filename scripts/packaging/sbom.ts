/** The step that writes the bill of materials, and holds it against CycloneDX's schema. */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUNDLED } from '../build-parts/bundle.ts';
import {
  type BundledPackage,
  billOfMaterials,
  type LockedPackages,
  type Materials,
} from './bill-of-materials.ts';
import { say } from './command.ts';
import { schemaFaults } from './cyclonedx-schema.ts';
import { madeIn } from './executables.ts';
import { type Release, StepError } from './step.ts';
import { TARGETS } from './targets.ts';

const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** What the build and the step `executables` left. */
function materials(release: Release): Materials {
  const terms = TARGETS.map((target) => {
    const folder = join(madeIn(release, target), basename(target.keyring));
    return [target.keyring, readFileSync(join(folder, 'LICENSE.third-party.md'), 'utf8')] as const;
  });
  const { packages } = json<{ readonly packages: LockedPackages }>('package-lock.json');
  return {
    packages: json<readonly BundledPackage[]>(BUNDLED),
    locked: packages,
    keyrings: new Map(terms),
  };
}

/** Writes `git-signet-VERSION.cdx.json`. @throws StepError where the schema does not take it */
export async function sbom(release: Release): Promise<readonly string[]> {
  const bill = billOfMaterials(release, materials(release));
  const faults = schemaFaults(bill);
  if (faults === undefined) say('not tried: CycloneDX’s schema (the npm registry did not give it)');
  if (faults?.[0] !== undefined) {
    throw new StepError(
      `CycloneDX’s schema refuses the bill of materials:\n  ${faults.join('\n  ')}`,
      'look at scripts/packaging/bill-of-materials.ts',
    );
  }
  const made = join(release.out, `git-signet-${release.version}.cdx.json`);
  writeFileSync(made, `${JSON.stringify(bill, null, 1)}\n`);
  return [made];
}
