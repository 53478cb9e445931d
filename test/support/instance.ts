/** A private Sigstore of a test's own, known by a TUF mirror: what it trusts and signs with is data there, and changes there. */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { scratchDirectory, scratchSandbox } from './sandbox.ts';
import { makeTufRepository, type TufRepository, type TufServer } from './tuf-repository.ts';

type Json = Record<string, unknown>;
export interface TrustParts {
  readonly trustedRoot: Json;
  readonly signingConfig: Json;
}

const readJson = (path: string): Json => JSON.parse(readFileSync(path, 'utf8')) as Json;

/** What a sandbox says of itself. */
export function partsOf({ files }: Sandbox, rekor: 1 | 2 = 1): TrustParts {
  const config = rekor === 1 ? files.signingConfig : files.signingConfigV2;
  return { trustedRoot: readJson(files.trustedRoot), signingConfig: readJson(config) };
}

/** As a mirror's targets. */
export function targetsOf({ trustedRoot, signingConfig }: TrustParts): Record<string, string> {
  return {
    'trusted_root.json': JSON.stringify(trustedRoot),
    'signing_config.v0.2.json': JSON.stringify(signingConfig),
  };
}

export interface Instance {
  readonly sandbox: Sandbox;
  readonly repository: TufRepository;
  readonly mirror: TufServer;
  /** Root metadata to start from: a file, and its digest. */
  readonly rootFile: string;
  readonly rootDigest: string;
  readonly close: () => Promise<void>;
}

/** Starts a sandbox and a mirror that knows it. */
export async function startInstance(options: Omit<SandboxOptions, 'dir'> = {}): Promise<Instance> {
  const sandbox = await scratchSandbox(options);
  const repository = makeTufRepository({ targets: targetsOf(partsOf(sandbox)) });
  const mirror = await repository.serve();
  const rootFile = join(scratchDirectory('root'), '1.root.json');
  writeFileSync(rootFile, repository.root(1));
  return {
    ...{ sandbox, repository, mirror, rootFile },
    rootDigest: createHash('sha256').update(repository.root(1)).digest('hex'),
    close: async () => {
      await mirror.close();
      await sandbox.close();
    },
  };
}

type Period = { readonly start?: number; readonly end?: number };

/** A list's items with these dates, where a list of a trusted root or signing configuration has them. */
function dated(list: unknown, { start, end }: Period): Json[] {
  const validFor = {
    start: new Date(start ?? Date.UTC(2020, 0)).toISOString(),
    ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
  };
  return (list as Json[]).map((item) =>
    'publicKey' in item
      ? { ...item, publicKey: { ...(item['publicKey'] as Json), validFor } }
      : { ...item, validFor },
  );
}

const TRUSTED = ['tlogs', 'certificateAuthorities', 'ctlogs', 'timestampAuthorities'];
const SERVICES = ['caUrls', 'oidcUrls', 'rekorTlogUrls', 'tsaUrls'];

/** One instance that was several, one after the other: keys, logs and servers with the dates of each. */
export function succession(eras: readonly (readonly [TrustParts, Period])[]): TrustParts {
  const merged = (half: keyof TrustParts, lists: readonly string[]): Json => ({
    ...eras[0]?.[0][half],
    ...Object.fromEntries(
      lists.map((name) => [
        name,
        eras.flatMap(([parts, period]) => dated(parts[half][name], period)),
      ]),
    ),
  });
  return {
    trustedRoot: merged('trustedRoot', TRUSTED),
    signingConfig: merged('signingConfig', SERVICES),
  };
}
