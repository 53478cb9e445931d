/**
 * A real Sigstore that scripts/stack has started, and repositories that sign there with either built form. Tokens are
 * minted by its issuers; servers are ended and started again by the same script.
 */

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { programIn } from '../../scripts/stack-parts/build.ts';
import { defaultState } from '../../scripts/stack-parts/layout.ts';
import { runningPid } from '../../scripts/stack-parts/processes.ts';
import type { StackFile } from '../../scripts/stack-parts/trust.ts';
import type { ObjectResult } from '../../src/report/json.ts';
import { type ChildOptions, childEnvironment } from '../../src/sandbox/environment.ts';
import type { TokenClaims, Workflow } from '../../src/sandbox/oidc/identity-token.ts';
import {
  type Ran,
  runMeanwhile,
  type ScratchRepository,
  scratchRepository,
} from './git-repository.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const state = process.env['GIT_SIGNET_STACK_STATE'] ?? defaultState();

export const ALICE = 'alice@example.test';
export const BOB = 'bob@example.test';

/** The stack that is running. @throws Error when there is none */
export const stack: StackFile = JSON.parse(readFileSync(join(state, 'stack.json'), 'utf8'));

/** One of the tools that are built beside the servers. */
export const stackTool = (name: string): string => programIn(stack.cache, name);

async function minted(issuer: string, claims: TokenClaims): Promise<string> {
  const answer = await fetch(`${issuer}/sandbox/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.tokenSecret}` },
    body: JSON.stringify(claims),
  });
  return ((await answer.json()) as { id_token: string }).id_token;
}

/** A person's token; alice's unless said. */
export const tokenOf = (claims: TokenClaims = {}): Promise<string> =>
  minted(stack.urls.issuer, claims);

/** A CI job's token, of the issuer that Fulcio knows for workflows. */
export const workflowToken = (workflow: Workflow): Promise<string> =>
  minted(stack.urls.workflowIssuer, { workflow });

export interface Form {
  readonly name: string;
  readonly program: string;
}

function nodeForm(): string {
  const wrapper = join(mkdtempSync(join(tmpdir(), 'git-signet-form-')), 'git-signet');
  writeFileSync(
    wrapper,
    `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/node/git-signet.cjs')}' "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
  return wrapper;
}

/** Both built forms: scripts/test-stack has built them. */
export const forms: readonly Form[] = [
  { name: 'executable', program: join(root, 'dist/git-signet') },
  { name: 'Node bundle', program: nodeForm() },
];
export const [executable = { name: '', program: '' }] = forms;

export interface StackRepository extends ScratchRepository {
  readonly form: Form;
  /** Settings of the stack, a token of this person or none, and more. */
  readonly environment: (options?: ChildOptions) => Record<string, string>;
  /** git with that environment. */
  readonly as: (options: ChildOptions, ...args: string[]) => Promise<Ran>;
  /** Signs an empty commit; its name. @throws Error with what was said when it fails */
  readonly commit: (
    subject: string,
    options?: ChildOptions,
    more?: Record<string, string>,
  ) => Promise<string>;
  /** `git-signet ARGS` there. */
  readonly signet: (args: readonly string[], env?: Record<string, string>) => Promise<Ran>;
}

export function stackRepository(form: Form, format: 'sha1' | 'sha256' = 'sha1'): StackRepository {
  const config = { 'gpg.x509.program': form.program };
  const repository = scratchRepository('stack', config, format);
  const environment = (options: ChildOptions = {}) =>
    childEnvironment(stack.urls, stack.files, options);
  const as: StackRepository['as'] = (options, ...args) =>
    repository.gitMeanwhile({ env: environment(options) }, ...args);
  return {
    ...repository,
    ...{ form, environment, as },
    commit: async (subject, options = {}, more = {}) => {
      const token = options.token ?? (await tokenOf());
      // git keeps what its program says to itself
      const log = join(repository.home, 'said');
      const env = { ...environment({ ...options, token }), SIGNET_LOG_PATH: log, ...more };
      const args = ['commit', '-q', '--allow-empty', '-S', '-m', subject];
      const { exit, err } = await repository.gitMeanwhile({ env }, ...args);
      const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
      if (exit !== 0) throw new Error(`git commit: ${exit}\n${err}${said}`);
      return repository.must('rev-parse', 'HEAD');
    },
    signet: (args, env = {}) =>
      runMeanwhile(form.program, args, {
        cwd: repository.path,
        env: { ...repository.env, ...environment(), ...env },
      }),
  };
}

export const PAYLOAD = `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
author Alice <${ALICE}> 1700000000 +0000
committer Alice <${ALICE}> 1700000000 +0000

a change
`;

/** The signing program as git calls it: exit code, signature, and what it says to a person. */
export function signPayload(
  { form, path, env, environment }: StackRepository,
  options: ChildOptions,
  more: Record<string, string> = {},
): Promise<Ran> {
  return runMeanwhile(form.program, ['--status-fd=2', '-bsau', ALICE], {
    cwd: path,
    env: { ...env, ...environment(options), ...more },
    input: Buffer.from(PAYLOAD),
  });
}

/** Flags that name one signer of one of the issuers; cosign and gitsign have the same. */
export const who = (identity = ALICE, issuer = stack.urls.issuer): readonly string[] => [
  ...['--certificate-identity', identity, '--certificate-oidc-issuer', issuer],
];

/** The same for a gate of ours, which takes its trust root from no environment. */
export const allow = (identity?: string, issuer?: string): readonly string[] => [
  ...['--trusted-root', stack.files.trustedRoot, ...who(identity, issuer)],
];

/** The result of judging one object. */
export async function judged(
  repository: StackRepository,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ObjectResult> {
  const { out, err } = await repository.signet(['verify', '--format', 'jsonl', ...args], env);
  const [line = ''] = out.split('\n');
  if (line === '') throw new Error(`nothing was judged: ${err}`);
  return JSON.parse(line) as ObjectResult;
}

const execute = promisify(execFile);
const script = (...args: readonly string[]) =>
  execute(join(root, 'scripts/stack'), [...args, '--state', state], { timeout: 120_000 });

/** Runs `during` while a server is down; it is up again afterwards. */
export async function without<T>(server: string, during: () => Promise<T>): Promise<T> {
  await script('stop', server);
  try {
    return await during();
  } finally {
    await script('start');
  }
}

/** Runs `during` while a server takes connections and answers nothing. */
export async function frozen<T>(server: string, during: () => Promise<T>): Promise<T> {
  const pid = runningPid({ path: (...parts) => join(state, ...parts) }, server);
  if (pid === undefined) throw new Error(`${server} does not run`);
  process.kill(pid, 'SIGSTOP');
  try {
    return await during();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
