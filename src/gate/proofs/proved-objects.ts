/**
 * Reads the objects of a run, but for those whose proof the store holds. The order stays. While the store knows nothing, one
 * child process reads ahead as it does without a store.
 */

import { type ObjectRequest, type ReadObject, readObjects } from '../../git/objects.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { KeptProof } from '../../store/page.ts';
import type { ProofStore } from '../../store/proofs.ts';
import type { Objects, ProvedObjects } from '../batches.ts';

/** The store as a run uses it. */
export interface RunProofs {
  readonly store: Pick<ProofStore, 'find' | 'keep' | 'flush'>;
  /** Objects that are read and judged anew whatever the store holds: the tips that a caller goes on to use. */
  readonly always: ReadonlySet<string>;
  /** Objects whose evidence came from the store, until now. */
  reused: number;
}

type Group = readonly ObjectRequest[];
type Found = readonly (KeptProof | undefined)[];

/** Objects that are read at a time between proved ones. */
const TOGETHER = 32;
/** If objects together have more bytes than this, the next one is read alone (threat I05). */
const MANY_BYTES = 1024 * 1024;

/** Returns the proofs of a group. A proof with a time in the future is left out, because this clock may have been set back. */
function proofsOf(group: Group, { store, always }: RunProofs, now: number): Found {
  const found = store.find(group.map(({ id }) => id));
  return found.map((proof, index) => {
    const { id, single } = group[index] ?? {};
    if (proof === undefined || single === true || always.has(id ?? '')) return undefined;
    return proof.latest <= now ? proof : undefined;
  });
}

/** Reads a few objects at a time. */
async function* readSome(
  { objects }: GitRepository,
  requests: Group,
): AsyncGenerator<readonly ReadObject[]> {
  let size = TOGETHER;
  for (let at = 0; at < requests.length; ) {
    const some = requests.slice(at, at + size);
    at += some.length;
    const frames = await objects.read(some.map(({ id }) => id));
    let bytes = 0;
    const read = frames.flatMap((frame, index) => {
      const request = some[index];
      bytes += frame.kind === 'object' ? frame.raw.length : 0;
      return request === undefined ? [] : [{ request, frame }];
    });
    yield read;
    size = bytes > MANY_BYTES ? 1 : TOGETHER;
  }
}

/** Returns the length of the run that begins at `at`: objects without a proof, or with proofs in one page. */
function runFrom(found: Found, at: number): number {
  const page = found[at]?.page;
  let end = at;
  while (end < found.length && found[end]?.page === page) end += 1;
  return end - at;
}

const isProved = (proof: KeptProof | undefined): proof is KeptProof => proof !== undefined;

/** Yields each requested object, in order: its proof, or its bytes. @throws UsageError as readObjects */
export async function* provedOrRead(
  repository: GitRepository,
  requests: AsyncIterable<Group>,
  proofs: RunProofs,
  now: number,
): AsyncGenerator<Objects> {
  const groups = requests[Symbol.asyncIterator]();
  let group: Group = [];
  let found: Found = [];
  const next = async (): Promise<boolean> => {
    const step = await groups.next();
    [group, found] =
      step.done === true ? [[], []] : [step.value, proofsOf(step.value, proofs, now)];
    return step.done !== true;
  };
  let more = await next();
  async function* unknown(): AsyncGenerator<Group> {
    for (; more && found.every((proof) => proof === undefined); more = await next()) yield group;
  }
  if (more && found.every((proof) => proof === undefined))
    yield* readObjects(repository, unknown());
  for (; more; more = await next()) {
    for (let at = 0; at < group.length; ) {
      const length = runFrom(found, at);
      const requested = group.slice(at, at + length);
      const proved: ProvedObjects = {
        requests: requested,
        proofs: found.slice(at, at + length).filter(isProved),
      };
      at += length;
      if (proved.proofs.length === 0) {
        yield* readSome(repository, requested);
        continue;
      }
      proofs.reused += length;
      yield proved;
    }
  }
}
