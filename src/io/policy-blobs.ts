/**
 * Which policy a commit's tree holds, by blob name, and the policies themselves by that name. One `cat-file` answers
 * for any number of commits; nothing of the checkout is read or run.
 */

import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/policy/model.ts';
import { isSignetError, UsageError } from '../errors.ts';
import { type Child, readObject, startGit, writeLines } from './git-objects.ts';
import type { GitRepository } from './git-repository.ts';
import { MAX_POLICY, parsePolicy } from './policy-file.ts';

export interface PolicyBlobs {
  /** Names of the blobs at the policy's path, by commit; undefined where a tree has none. Full hashes go in. */
  readonly names: (commits: readonly string[]) => Promise<ReadonlyMap<string, string | undefined>>;
  /** The policy in a blob; undefined when it cannot be read as one, or is too long. */
  readonly policy: (blob: string) => Promise<IdentityPolicy | undefined>;
  readonly close: () => void;
}

/** Policies that are kept; a history that goes through more of them reads some again. */
const MAX_KEPT = 64;

/** Lines of a stream, one at a time. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Opens the policies of a repository at `path`, which is this program's own word. */
export function openPolicyBlobs(
  repository: GitRepository,
  path: string,
  crypto: Crypto,
): PolicyBlobs {
  let asked: { readonly child: Child; readonly lines: AsyncGenerator<string> } | undefined;
  const start = () => {
    const child = startGit(repository, ['cat-file', '--batch-check=%(objectname)']);
    return { child, lines: linesOf(child.process.stdout as AsyncIterable<Buffer>) };
  };
  const kept = new Map<string, IdentityPolicy | undefined>();

  const names: PolicyBlobs['names'] = async (commits) => {
    const found = new Map<string, string | undefined>();
    asked ??= start();
    const { child, lines } = asked;
    const written = writeLines(
      child,
      commits.map((id) => `${id}:${path}`),
    );
    for (const id of commits) {
      const { value, done } = await lines.next();
      if (done === true) {
        await child.done;
        throw new UsageError('git cat-file left requests unanswered', { code: 'GIT_FAILED' });
      }
      found.set(id, /^[0-9a-f]{40,64}$/.test(value) ? value : undefined);
    }
    await written;
    return found;
  };

  const read = async (blob: string): Promise<IdentityPolicy | undefined> => {
    const frame = await readObject(repository, { id: blob }, MAX_POLICY);
    if (frame?.kind !== 'object' || frame.type !== 'blob') return undefined;
    try {
      return await parsePolicy(frame.raw.slice(), `${path} (blob ${blob.slice(0, 7)})`, crypto);
    } catch (error) {
      if (isSignetError(error) && error.code === 'POLICY_FILE') return undefined;
      throw error;
    }
  };

  const policy: PolicyBlobs['policy'] = async (blob) => {
    if (kept.has(blob)) return kept.get(blob);
    const found = await read(blob);
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(blob, found);
    return found;
  };
  return { names, policy, close: () => asked?.child.process.kill() };
}
