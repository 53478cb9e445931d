/**
 * Proves the kept answers of a mirror again at each use, unless they equal the built-in ones. The proof starts from the
 * root that is built in or pinned in the configuration. Our own reader makes it (core/trust/tuf-proof.ts), in half a
 * millisecond. An attacker who can write the file can only put back an older signed one, or delete it (threat T01).
 */

import { readFileSync } from 'node:fs';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { readTufMetadata } from '../core/trust/tuf-metadata.ts';
import { isTarget, nextRoot, type ProvenTargets, proveTargets } from '../core/trust/tuf-proof.ts';
import { ConfigError, isSignetError } from '../errors.ts';
import type { MirrorSource } from './source.ts';
import { broken, readRoots, statePath, type TrustState } from './state-file.ts';

/** A state whose files the mirror signed. */
export interface ProvenState {
  readonly state: TrustState;
  readonly proof: ProvenTargets;
}

/** Returns the root metadata to start from, and the following ones. Returns undefined if the built-in root is newer. */
export async function chainOf(
  { anchor }: MirrorSource,
  roots: readonly string[],
  crypto: Crypto,
): Promise<{ readonly start: string; readonly next: readonly string[] } | undefined> {
  if (anchor.kind === 'embedded') {
    const start = await embeddedRoot(anchor.instance);
    const { version } = readTufMetadata(start, 'root');
    const versions = roots.map((text) => readTufMetadata(text, 'root').version);
    // an earlier release wrote it, and it was not refreshed since
    if ((versions.at(-1) ?? 0) < version) return undefined;
    return { start, next: roots.filter((_, index) => (versions[index] ?? 0) > version) };
  }
  const [start, ...next] = roots;
  if (start === undefined)
    throw new ConfigError('there is no root metadata', { code: 'TRUST_FILE' });
  checkPinned(anchor, start, crypto);
  return { start, next };
}

/**
 * Returns the root metadata kept beside the state, if each root proves the next one. Returns undefined if there is none,
 * or if it does not prove itself.
 */
export async function provenRoots(
  source: MirrorSource,
  crypto: Crypto,
): Promise<readonly string[] | undefined> {
  try {
    const roots = await readRoots(source);
    const chain = roots.length === 0 ? undefined : await chainOf(source, roots, crypto);
    if (chain === undefined) return undefined;
    let last = readTufMetadata(chain.start, 'root');
    for (const text of chain.next) last = await nextRoot(last, text, crypto);
    return [chain.start, ...chain.next];
  } catch (error) {
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

/** Checks that the root is the one that the configuration names. @throws ConfigError `TRUST_FILE` */
export function checkPinned(
  anchor: Exclude<MirrorSource['anchor'], { kind: 'embedded' }>,
  root: string,
  crypto: Crypto,
): void {
  const wanted =
    anchor.kind === 'file'
      ? toHex(crypto.hash('sha256', utf8(readRootFile(anchor.path))))
      : anchor.sha256;
  if (toHex(crypto.hash('sha256', utf8(root))) !== wanted)
    throw new ConfigError('its first root is not the pinned one', { code: 'TRUST_FILE' });
}

/** Reads root metadata from a file of the user. @throws ConfigError `TRUST_FILE` */
export function readRootFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path}: ${code ?? String(error)}`, { code: 'TRUST_FILE' });
  }
}

/** Returns the built-in root metadata of an instance. */
export async function embeddedRoot(instance: 'public-good' | 'staging'): Promise<string> {
  const { PUBLIC_GOOD_ROOT, STAGING_ROOT } = await import('./embedded.ts');
  return instance === 'staging' ? STAGING_ROOT : PUBLIC_GOOD_ROOT;
}

/**
 * Proves a kept state: chain of roots, targets, and each file by its digest. Returns undefined if the built-in root is
 * newer. @throws ConfigError `TRUST_FILE` with the fault and the remedy
 */
export async function proveState(
  source: MirrorSource,
  state: TrustState,
  crypto: Crypto,
): Promise<ProvenState | undefined> {
  const path = statePath(source.directory ?? '');
  try {
    const chain = await chainOf(source, state.roots, crypto);
    if (chain === undefined) return undefined;
    const proof = await proveTargets(chain.start, chain.next, state.targets, crypto);
    for (const [name, text] of Object.entries(state.files)) {
      if (!isTarget(proof.files.get(name), text, crypto))
        throw broken(source, path, `${name} was changed`);
    }
    return { state, proof };
  } catch (error) {
    if (!isSignetError(error) || error.hint !== undefined) throw error;
    throw broken(source, path, error.message);
  }
}
