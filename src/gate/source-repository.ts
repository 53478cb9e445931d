/**
 * Finds the repository's URI and the refs that point at a commit, for `--format vsa`. Both end up in a published
 * statement, so nothing is guessed: not which of two remotes is meant, and not where a local branch would be pushed.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { runGit } from '../git/process.ts';
import { type GitRepository, gitLine } from '../git/repository.ts';
import { repositoryUri, sameRepository } from '../report/repository-uri.ts';

export interface SourceRepository {
  readonly uri: string;
  /** Returns full names of refs of that repository, sorted. Empty if none is known to point at the object. */
  readonly refsOf: (id: string) => Promise<readonly string[]>;
}

interface Remote {
  /** Undefined if its address names no repository for others. */
  readonly uri: string | undefined;
  /** Its fetch refspecs. */
  readonly fetch: readonly string[];
}

const HINT = 'name the repository: --repository-uri git+https://HOST/PATH';

/** Reads `remote.*`. git fetches from the first address of a remote. */
async function remotesOf(repository: GitRepository): Promise<readonly Remote[]> {
  const args = ['config', '-z', '--get-regexp', '^remote\\..*\\.(url|fetch)$'];
  const { exitCode, stdout } = await runGit(repository, args);
  const urls = new Map<string, string>();
  const fetch = new Map<string, string[]>();
  for (const entry of exitCode === 0 ? fromUtf8Lossy(stdout).split('\0') : []) {
    const [, name = '', key, value = ''] = /^remote\.(.*)\.(url|fetch)\n(.*)$/s.exec(entry) ?? [];
    if (key === 'url' && !urls.has(name)) urls.set(name, value);
    if (key === 'fetch') fetch.set(name, [...(fetch.get(name) ?? []), value]);
  }
  return [...urls].map(([name, url]) => ({
    uri: repositoryUri(url),
    fetch: fetch.get(name) ?? [],
  }));
}

/** Returns the ref that a refspec copies to `tracking`, or undefined if it copies none there. */
function origin(refspec: string, tracking: string): string | undefined {
  const [from = '', to = ''] = refspec.replace(/^\+/, '').split(':');
  const star = to.indexOf('*');
  if (star < 0) return to === tracking && from.startsWith('refs/') ? from : undefined;
  const [start, end] = [to.slice(0, star), to.slice(star + 1)];
  const fits = tracking.length > start.length + end.length;
  if (!fits || !tracking.startsWith(start) || !tracking.endsWith(end)) return undefined;
  const middle = tracking.slice(start.length, tracking.length - end.length);
  return from.startsWith('refs/') ? from.replace('*', () => middle) : undefined;
}

function namedUri(named: string): string {
  const uri = repositoryUri(named);
  if (uri !== undefined) return uri;
  const what = '--repository-uri: expected git+https://HOST/PATH or git+ssh://HOST/PATH';
  throw new UsageError(`${what}, without query or fragment`);
}

/** Returns the addresses that this repository is known by: the named one, or those of its remotes. @throws UsageError */
export async function knownAddresses(
  repository: GitRepository,
  named: string | undefined,
): Promise<readonly string[]> {
  if (named !== undefined) return [namedUri(named)];
  const uris = (await remotesOf(repository)).flatMap(({ uri }) => uri ?? []);
  return [...new Set(uris)];
}

/** Returns the address that a statement names for this repository, or undefined if no remote has one. @throws UsageError if there are several */
export async function ownAddress(
  repository: GitRepository,
  named: string | undefined,
): Promise<string | undefined> {
  const [address, other] = await knownAddresses(repository, named);
  if (other === undefined) return address;
  throw new UsageError('the remotes of this repository have several addresses', { hint: HINT });
}

/** Returns the ref to which a refspec copies `ref`, or undefined if it copies it nowhere. */
function destination(refspec: string, ref: string): string | undefined {
  const [from = '', to = ''] = refspec.replace(/^\+/, '').split(':');
  const star = from.indexOf('*');
  if (star < 0) return from === ref && to !== '' ? to : undefined;
  const [start, end] = [from.slice(0, star), from.slice(star + 1)];
  if (ref.length < start.length + end.length || !ref.startsWith(start) || !ref.endsWith(end)) {
    return undefined;
  }
  const middle = ref.slice(start.length, ref.length - end.length);
  return to === '' ? undefined : to.replace('*', () => middle);
}

/** Returns the ref here that holds the newest known value of a ref of the repository: what was fetched of it, else the ref itself. */
export async function refHere(
  repository: GitRepository,
  ref: string,
  named: string | undefined,
): Promise<string | undefined> {
  const remotes = await remotesOf(repository);
  const uri = named === undefined ? undefined : namedUri(named);
  const meant = remotes.filter(
    (remote) => uri === undefined || (remote.uri !== undefined && sameRepository(remote.uri, uri)),
  );
  const tracking = new Set(
    meant.flatMap(({ fetch }) => fetch.flatMap((spec) => destination(spec, ref) ?? [])),
  );
  const format = '--format=%(refname)';
  const found = await gitLine(repository, ['for-each-ref', format, ...tracking, ref]);
  const there = new Set(found.split('\n'));
  const [fetched, other] = [...tracking].filter((name) => there.has(name));
  if (other !== undefined) {
    const what = `${fetched} and ${other} may both hold ${ref}`;
    throw new UsageError(what, { hint: HINT });
  }
  return fetched ?? (there.has(ref) ? ref : undefined);
}

function uriOf(named: string | undefined, remotes: readonly Remote[]): string {
  if (named !== undefined) return namedUri(named);
  const [uri, ...others] = new Set(remotes.map((remote) => remote.uri));
  if (uri !== undefined && others.length === 0) return uri;
  const what =
    remotes.length === 0
      ? 'this repository has no remote'
      : others.length > 0
        ? 'the remotes of this repository have several addresses'
        : 'the remote of this repository has no address on a network';
  throw new UsageError(`a verification summary names its repository, and ${what}`, { hint: HINT });
}

/** Returns the repository that `named` or the only remote's address means. @throws UsageError */
export async function sourceRepository(
  repository: GitRepository,
  named: string | undefined,
): Promise<SourceRepository> {
  const remotes = await remotesOf(repository);
  const uri = uriOf(named, remotes);
  const refspecs = remotes
    .filter((remote) => remote.uri !== undefined && sameRepository(remote.uri, uri))
    .map((remote) => remote.fetch);
  /** A tracking branch that two refspecs of one remote fill may have come from either, so it counts as neither. */
  const throughRemotes = (ref: string): readonly string[] =>
    refspecs.flatMap((specs) => {
      const from = new Set(specs.flatMap((spec) => origin(spec, ref) ?? []));
      return from.size === 1 ? [...from] : [];
    });
  const refsHere = (ref: string): readonly string[] => {
    if (remotes.length === 0) return /^refs\/(heads|tags)\//.test(ref) ? [ref] : [];
    if (refspecs.length === 0) return [];
    return ref.startsWith('refs/tags/') ? [ref] : throughRemotes(ref);
  };
  const refsOf = async (id: string): Promise<readonly string[]> => {
    const format = '--format=%(if)%(symref)%(then)%(else)%(refname)%(end)';
    const listed = await gitLine(repository, ['for-each-ref', `--points-at=${id}`, format]);
    const refs = listed.split('\n').filter(Boolean).flatMap(refsHere);
    return [...new Set(refs)].sort();
  };
  return { uri, refsOf };
}
