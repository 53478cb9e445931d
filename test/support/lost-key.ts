/**
 * A Sigstore that loses one of its keys: the sandbox and its mirror, the thief with a copy of that key, and the operator
 * who starts the same services again with another key and publishes another trust root.
 */

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Sandbox, type SignatureRequest, startSandbox } from '../../src/sandbox/index.ts';
import { issueSignature } from '../../src/sandbox/issue-signature.ts';
import { closeParts, openParts, type SandboxParts } from '../../src/sandbox/parts.ts';
import { partsOf, targetsOf } from './instance.ts';
import { scratchDirectory } from './sandbox.ts';
import { makeTufRepository } from './tuf-repository.ts';

type Part = 'fulcio' | 'rekor' | 'rekorV2' | 'ctLog' | 'tsa';
type Dated = Record<string, unknown>;

/** Where a key lies in a sandbox's directory, and which item of the trust root names it. */
const LOST = {
  fulcio: { names: ['fulcio-root', 'fulcio-intermediate'], list: 'certificateAuthorities', at: 0 },
  rekor: { names: ['rekor'], log: 'rekor-v1.log', list: 'tlogs', at: 0 },
  rekorV2: { names: ['rekor2'], log: 'rekor-v2.log', list: 'tlogs', at: 1 },
  ctLog: { names: ['ctlog'], list: 'ctlogs', at: 0 },
  tsa: { names: ['tsa', 'tsa-root'], list: 'timestampAuthorities', at: 0 },
} as const satisfies Record<Part, object>;

/** Removes the part's key, its certificates and its log, so that the next start makes new ones. */
function forget(dir: string, part: Part): void {
  const lost = LOST[part];
  const keys = lost.names.flatMap((name) => [`keys/${name}.pem`, `keys/${name}.crt`]);
  for (const name of 'log' in lost ? [...keys, lost.log] : keys)
    rmSync(join(dir, name), { force: true });
}

/** The item with an end, as a trusted root writes it. */
function ended(item: Dated, end: string): Dated {
  const validFor = { start: '2020-01-01T00:00:00Z', end };
  return 'publicKey' in item
    ? { ...item, publicKey: { ...(item['publicKey'] as Dated), validFor } }
    : { ...item, validFor };
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Returns a program for git that runs the sources under a clock that many milliseconds behind. */
export function programOfThen(milliseconds: number): string {
  const directory = scratchDirectory('then');
  const clock = join(directory, 'clock.mjs');
  writeFileSync(
    clock,
    `const Now = Date;
globalThis.Date = class extends Now {
  constructor(...parts) {
    if (parts.length === 0) super(Now.now() - ${milliseconds});
    else super(...parts);
  }
  static now() {
    return Now.now() - ${milliseconds};
  }
};
`,
  );
  const path = join(directory, 'git-signet');
  const script = `#!/bin/sh\nexec '${process.execPath}' --import '${clock}' '${MAIN}' "$@"\n`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

export interface LostKey {
  /** The services as they are now: before `replace` with the lost key, afterwards with another. */
  readonly sandbox: () => Sandbox;
  /** Arguments of `git signet` that make a client of the mirror. */
  readonly init: readonly string[];
  /** Later services run that many milliseconds behind. */
  readonly setBack: (milliseconds: number) => void;
  /** Copies the key. From then on `forge` works. */
  readonly steal: () => Promise<void>;
  /** Returns an armored signature. The named parts are the thief's, all others are the honest services'. */
  readonly forge: (
    payload: string,
    request: SignatureRequest,
    more?: Partial<SandboxParts>,
  ) => Promise<string>;
  /** Parts that only the thief has: the lost one, and, unless Fulcio's is lost, an authority that copies Fulcio's names. */
  readonly thief: () => SandboxParts;
  /** Starts the services again with another key in place of the lost one, at the same addresses. */
  readonly replace: () => Promise<void>;
  /** Publishes a trust root in which the lost key has this end (ISO 8601), or without it. */
  readonly publish: (end: string | undefined) => void;
  readonly close: () => Promise<void>;
}

/** Starts the services of ten days ago, and a mirror that knows them. */
export async function loseKey(part: Part): Promise<LostKey> {
  const dir = scratchDirectory('sandbox');
  const copy = scratchDirectory('stolen');
  let back = 10 * 86_400_000;
  const clock = (): number => Date.now() - back;
  let sandbox = await startSandbox({ dir, autoApprove: true, clock });
  const { trustedRoot } = partsOf(sandbox);
  const repository = makeTufRepository({ targets: targetsOf(partsOf(sandbox)) });
  const mirror = await repository.serve();
  const root = join(scratchDirectory('root'), '1.root.json');
  writeFileSync(root, repository.root(1));
  let stolen: SandboxParts | undefined;
  const thief = (): SandboxParts => {
    if (stolen === undefined) throw new Error('nothing is stolen yet');
    return stolen;
  };
  return {
    sandbox: () => sandbox,
    init: ['trust', 'init', '--mirror', mirror.url, '--root', root],
    setBack: (milliseconds) => {
      back = milliseconds;
    },
    steal: async () => {
      cpSync(dir, copy, { recursive: true });
      if (part !== 'fulcio') forget(copy, 'fulcio');
      stolen = await openParts({ dir: copy, treeId: sandbox.parts.rekor.treeId, clock });
    },
    forge: async (payload, request, more = { [part]: thief()[part] }) => {
      const parts = { ...sandbox.parts, ...more };
      return (await issueSignature(parts, sandbox.urls.issuer, Buffer.from(payload), request))
        .armor;
    },
    thief,
    replace: async () => {
      await sandbox.close();
      forget(dir, part);
      sandbox = await startSandbox({ dir, autoApprove: true, clock });
    },
    publish: (end) => {
      const { list, at } = LOST[part];
      const now = partsOf(sandbox);
      const old = (trustedRoot[list] as readonly Dated[])[at] ?? {};
      const kept = end === undefined ? [] : [ended(old, end)];
      const merged = {
        ...now.trustedRoot,
        [list]: [...(now.trustedRoot[list] as Dated[]), ...kept],
      };
      repository.publish({ targets: targetsOf({ ...now, trustedRoot: merged }) });
    },
    close: async () => {
      await mirror.close();
      await sandbox.close();
      if (stolen !== undefined) closeParts(stolen);
      for (const each of [dir, copy]) rmSync(each, { recursive: true, force: true });
    },
  };
}
