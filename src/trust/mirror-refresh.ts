/**
 * Asks a trust mirror for its newest trust root, proves it and keeps it. Signing, `trust update` and the agent do this.
 * Verifying never does.
 */

import { fromUtf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { parseProtoJson } from '../core/proto-json.ts';
import { parseTrustedRoot } from '../core/trust/trusted-root.ts';
import { readTufMetadata, type TufMetadata } from '../core/trust/tuf-metadata.ts';
import { isTarget, nextRoot, type ProvenTargets, proveTargets } from '../core/trust/tuf-proof.ts';
import { AnswerError, isSignetError, SignetError } from '../errors.ts';
import type { HttpSend } from '../http/message.ts';
import { parseSigningConfig } from './signing-config.ts';
import { type MirrorSource, noPlaceToKeep } from './source.ts';
import { chainOf, checkPinned, embeddedRoot, provenRoots, readRootFile } from './state.ts';
import {
  readState,
  SIGNING_CONFIG_TARGET,
  TRUSTED_ROOT_TARGET,
  type TrustState,
} from './state-file.ts';
import { exclusively, notKept, withScratch, writeRoots, writeState } from './state-write.ts';
import { fetchMirrorFile, mirrorRefusal, NOTHING_CHANGED, updateMetadata } from './tuf-client.ts';

export interface RefreshOptions {
  readonly send: HttpSend;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: () => number;
  /** The root metadata to start from, if the user has just given it and it is not kept yet. */
  readonly root?: string | undefined;
  /** Seconds to wait for another process that updates the same folder. The default is 60. */
  readonly patience?: number;
}

export interface Refreshed {
  /** True if the trust root is another one than before. */
  readonly changed: boolean;
  readonly state: TrustState;
}

const TARGETS = [TRUSTED_ROOT_TARGET, SIGNING_CONFIG_TARGET] as const;
const MAX_TARGET = 4 * 1024 * 1024;
const MAX_ROOT = 512_000;

/** Returns the kept state with its chain of roots, or undefined if it does not prove itself. */
async function usableState(
  source: MirrorSource,
  crypto: Crypto,
): Promise<{ readonly state: TrustState; readonly chain: readonly string[] } | undefined> {
  try {
    const state = await readState(source);
    const chain = state && (await chainOf(source, state.roots, crypto));
    if (state === undefined || chain === undefined) return undefined;
    await proveTargets(chain.start, chain.next, state.targets, crypto);
    return { state, chain: [chain.start, ...chain.next] };
  } catch (error) {
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

/** Returns the root metadata to start from if none is kept: built in, a file, or fetched by version and checked by digest. */
async function startingRoot(source: MirrorSource, options: RefreshOptions): Promise<string> {
  const { anchor, url } = source;
  if (anchor.kind === 'embedded') return embeddedRoot(anchor.instance);
  if (anchor.kind === 'file') return readRootFile(anchor.path);
  if (options.root !== undefined) return options.root;
  const bytes = await fetchMirrorFile(
    { name: source.name, send: options.send },
    `${url}/${anchor.version}.root.json`,
    MAX_ROOT,
  );
  const root = fromUtf8(bytes) ?? '';
  checkPinned(anchor, root, options.crypto);
  return root;
}

async function fetchTarget(
  name: (typeof TARGETS)[number],
  source: MirrorSource,
  { root, files }: ProvenTargets,
  options: RefreshOptions,
): Promise<string | undefined> {
  const target = files.get(name);
  if (target === undefined) return undefined;
  if (target.length > MAX_TARGET)
    throw mirrorRefusal(source.name, new Error(`${name} is longer than 4 MiB`));
  const prefix = root.signed['consistent_snapshot'] === true ? `${target.sha256}.` : '';
  const path = `${source.url}/targets/${prefix}${name}`;
  const from = { name: source.name, send: options.send };
  const text = fromUtf8(await fetchMirrorFile(from, path, target.length));
  if (text === undefined || !isTarget(target, text, options.crypto))
    throw mirrorRefusal(source.name, new Error(`${name} does not match its metadata`));
  return text;
}

/** Returns the target files. It fetches only files that are missing or do not match their metadata any more. */
async function currentFiles(
  source: MirrorSource,
  proof: ProvenTargets,
  last: TrustState | undefined,
  options: RefreshOptions,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of TARGETS) {
    const kept = last?.files[name];
    const text =
      kept !== undefined && isTarget(proof.files.get(name), kept, options.crypto)
        ? kept
        : await fetchTarget(name, source, proof, options);
    if (text !== undefined) found[name] = text;
  }
  return found;
}

/** Checks that the files can be used, before they are kept. @throws AnswerError, ConfigError */
function checkUsable(
  { name }: MirrorSource,
  files: Readonly<Record<string, string>>,
  crypto: Crypto,
): void {
  const root = files[TRUSTED_ROOT_TARGET];
  if (root === undefined)
    throw new AnswerError(
      'TRUST_ANSWER',
      `the trust mirror ${name} has no ${TRUSTED_ROOT_TARGET}`,
      {
        hint: 'set its key files fulcioRoot, rekorPublicKey and ctLogPublicKey instead: git signet help settings',
      },
    );
  parseTrustedRoot(root, `${name} ${TRUSTED_ROOT_TARGET}`, crypto);
  const config = files[SIGNING_CONFIG_TARGET];
  const says = `${name} ${SIGNING_CONFIG_TARGET}`;
  if (config !== undefined) parseSigningConfig(parseProtoJson(config, says), says);
}

/** Returns the known roots in order: those of the state, those of an update that failed later, or the root to start from. */
async function knownRoots(
  source: MirrorSource,
  state: readonly string[] | undefined,
  options: RefreshOptions,
): Promise<readonly string[]> {
  const alone = await provenRoots(source, options.crypto);
  if ((alone?.length ?? 0) > (state?.length ?? 0)) return alone ?? [];
  return state ?? [await startingRoot(source, options)];
}

/** Updates the folder. `newRoots` receives root metadata that stays kept even if a later step fails. */
async function update(
  source: MirrorSource,
  directory: string,
  options: RefreshOptions,
  newRoots: TufMetadata[],
): Promise<Refreshed> {
  const { crypto, send, now } = options;
  const kept = await usableState(source, crypto);
  const roots = [...(await knownRoots(source, kept?.chain, options))];
  const last = roots.at(-1) ?? '';
  const newRoot = async (text: string): Promise<void> => {
    newRoots.push(await nextRoot(newRoots.at(-1) ?? readTufMetadata(last, 'root'), text, crypto));
    roots.push(text);
    await writeRoots(directory, roots);
  };
  return withScratch(directory, async (scratch) => {
    const metadata = await updateMetadata({
      ...{ url: source.url, name: source.name, send, scratch, root: last, newRoot },
      last: kept === undefined ? undefined : kept.state,
    });
    const [start = '', ...next] = roots;
    const proof = await proveTargets(start, next, metadata.targets, crypto);
    const files = await currentFiles(source, proof, kept?.state, options);
    checkUsable(source, files, crypto);
    const { timestamp, snapshot, targets } = metadata;
    const state: TrustState = {
      ...{ schemaVersion: 1, mirror: source.url, refreshed: now() },
      ...{ roots, timestamp, snapshot, targets, files },
    };
    await writeState(directory, state);
    const before = kept?.state.files[TRUSTED_ROOT_TARGET];
    return { changed: before !== files[TRUSTED_ROOT_TARGET], state };
  });
}

/**
 * Returns the mirror's newest trust root, proved and kept. If another process brings it meanwhile, returns that one.
 * @throws ServiceError if the mirror cannot be asked. AnswerError `TRUST_ANSWER` if its answer does not prove itself
 */
export async function refreshTrust(
  source: MirrorSource,
  options: RefreshOptions,
): Promise<Refreshed> {
  const { directory, name } = source;
  if (directory === undefined) throw noPlaceToKeep();
  const begun = options.now();
  const settled = async (): Promise<Refreshed | undefined> => {
    const state = await stateOrNothing(source);
    const fresh = state !== undefined && state.refreshed >= begun;
    return fresh ? { changed: false, state } : undefined;
  };
  const newRoots: TufMetadata[] = [];
  try {
    return await exclusively(directory, options.patience ?? 60, settled, () =>
      update(source, directory, options, newRoots),
    );
  } catch (error) {
    const told = isSignetError(error) && error.code !== 'TRUST_FILE' ? error : undefined;
    const reason = told ?? notKept(directory, error) ?? mirrorRefusal(name, error);
    throw withRootKept(reason, newRoots.at(-1));
  }
}

/** Adds to an error that newer root metadata is kept all the same (TUF specification §5.3.8). */
function withRootKept(error: SignetError, root: TufMetadata | undefined): SignetError {
  if (root === undefined) return error;
  const kept = `its root version ${root.version} proves itself and is kept, and the trust root did not change`;
  const before = error.hint === NOTHING_CHANGED ? undefined : error.hint;
  const hint = before === undefined ? kept : `${before} (${kept})`;
  return new SignetError(error.kind, error.code, error.message, { hint, cause: error });
}

async function stateOrNothing(source: MirrorSource): Promise<TrustState | undefined> {
  try {
    return await readState(source);
  } catch {
    return undefined;
  }
}
