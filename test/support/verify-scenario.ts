/** Repositories of signed objects, and the commands that judge them run in this process. */

import { dispatch } from '../../src/dispatch.ts';
import { tellError } from '../../src/error-exit.ts';
import type { ObjectResult } from '../../src/report/json.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { runMeanwhile, type ScratchRepository } from './git-repository.ts';
import { catchInvocation } from './invocation.ts';
import { EMPTY_TREE } from './odd-objects.ts';
import { programUnderTest } from './program.ts';

export interface Answered {
  readonly exit: number;
  readonly out: string;
  readonly talk: string;
}

/** The program under test as a process of its own: for what it writes of its own path. */
export async function signetProcess(
  { path, env }: Pick<ScratchRepository, 'path' | 'env'>,
  args: readonly string[],
): Promise<Answered> {
  const ran = await runMeanwhile(programUnderTest(), args, { cwd: path, env });
  return { exit: ran.exit ?? 255, out: ran.out, talk: ran.err };
}

/** `git-signet ARGS` in a repository. */
export async function signet(
  { path, env }: Pick<ScratchRepository, 'path' | 'env'>,
  args: readonly string[],
  more: {
    readonly input?: string;
    readonly env?: Record<string, string>;
    readonly now?: number;
  } = {},
): Promise<Answered> {
  const caught = catchInvocation({
    args,
    cwd: path,
    env: { ...env, ...more.env },
    ...(more.input === undefined ? {} : { input: Buffer.from(more.input) }),
    ...(more.now === undefined ? {} : { now: more.now }),
  });
  const { invocation, output, talk } = caught;
  let exit: number;
  try {
    exit = await dispatch(invocation);
  } catch (error) {
    exit = tellError(error, invocation.terminal, false);
  }
  return { exit, out: output(), talk: talk() };
}

/** Results of `--format jsonl`. */
export function resultsOf({ out }: Pick<Answered, 'out'>): readonly ObjectResult[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ObjectResult);
}

/** Status and code of each result, by object id. */
export function verdictsOf(answered: Answered): ReadonlyMap<string, string> {
  return new Map(
    resultsOf(answered).map(({ objectId, status, code }) => [
      objectId,
      code === undefined ? status : `${status} ${code}`,
    ]),
  );
}

export interface CommitFields {
  readonly parents?: readonly string[];
  readonly subject?: string;
  readonly author?: string;
  readonly format?: 'sha1' | 'sha256';
  /** Default the empty tree. */
  readonly tree?: string;
}

const ALICE = 'Alice <alice@example.test> 1700000000 +0000';

export function commitPayload(fields: CommitFields = {}): string {
  const { parents = [], subject = 'a change', author = ALICE, format = 'sha1' } = fields;
  const lines = [
    `tree ${fields.tree ?? EMPTY_TREE[format]}`,
    ...parents.map((id) => `parent ${id}`),
  ];
  return `${[...lines, `author ${author}`, `committer ${ALICE}`].join('\n')}\n\n${subject}\n`;
}

/** A payload with a signature in its header, as git puts it there. */
export function withSignature(payload: string, armor: string, header = 'gpgsig'): Buffer {
  const at = payload.indexOf('\n\n') + 1;
  const folded = `${header} ${armor.trimEnd().replaceAll('\n', '\n ')}\n`;
  return Buffer.from(payload.slice(0, at) + folded + payload.slice(at));
}

export interface Signing {
  readonly email?: string;
  readonly rekor?: 1 | 2 | 'none';
  readonly timestamp?: boolean;
  /** Unix milliseconds at which it is made. */
  readonly at?: number;
}

/** Writes commits and tags signed by a sandbox. */
export function signer(repository: ScratchRepository, sandbox: Sandbox) {
  const issue = async (payload: string, signing: Signing): Promise<string> =>
    (await sandbox.issueSignature(Buffer.from(payload), signing)).armor;
  return {
    commit: async (fields: CommitFields = {}, signing: Signing = {}): Promise<string> => {
      const payload = commitPayload(fields);
      const header = fields.format === 'sha256' ? 'gpgsig-sha256' : 'gpgsig';
      const armor = await issue(payload, signing);
      return repository.write('commit', withSignature(payload, armor, header));
    },
    unsigned: (fields: CommitFields = {}): string =>
      repository.write('commit', Buffer.from(commitPayload(fields))),
    /** Signed, then changed. */
    tampered: async (fields: CommitFields = {}): Promise<string> => {
      const armor = await issue(commitPayload({ ...fields, subject: 'as it was signed' }), {});
      return repository.write('commit', withSignature(commitPayload(fields), armor));
    },
    tag: async (
      object: string,
      type: string,
      name: string,
      signing: Signing | 'unsigned' = {},
    ): Promise<string> => {
      const payload = `object ${object}\ntype ${type}\ntag ${name}\ntagger ${ALICE}\n\nrelease ${name}\n`;
      const armor = signing === 'unsigned' ? '' : await issue(payload, signing);
      return repository.write('tag', Buffer.from(payload + armor));
    },
    /** Flags that allow only alice. */
    allow: (email = 'alice@example.test'): readonly string[] => [
      ...['--trusted-root', sandbox.files.trustedRoot],
      ...['--certificate-identity', email, '--certificate-oidc-issuer', sandbox.urls.issuer],
    ],
  };
}
