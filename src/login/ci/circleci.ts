/**
 * CircleCI puts a token for its own audience into every job; one for ours is made by the `circleci` program of the
 * job's machine. Where that is absent the given token is taken, and fits only if the organisation's audience is ours.
 */

import { tmpdir } from 'node:os';
import { fromUtf8 } from '../../core/bytes.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable, runProcess } from '../../system/process.ts';
import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, noToken, patienceOf, variableOf } from './ambient.ts';

/** What a helper of the CI system has no business with (threat O10). */
const FOREIGN = /_ID_TOKEN$|^(?:ACTIONS|BUILDKITE|SIGNET|GITSIGN|SIGSTORE|CIRCLE_OIDC)_/;

function withoutForeign(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name)));
}

export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  const { source, env, audience, settings } = request;
  const program = findExecutable('circleci', env);
  if (program === undefined) {
    const name = ['CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN'].find((each) => env[each]);
    return new Secret(variableOf(request, name ?? 'CIRCLE_OIDC_TOKEN_V2'));
  }
  const seconds = patienceOf(settings);
  const asked = runProcess(
    program,
    ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })],
    { cwd: tmpdir(), env: withoutForeign(env), timeout: seconds * 1000 },
  );
  const ended = await Promise.race([asked, after(seconds)]);
  if (ended === undefined) throw noToken(source, `circleci did not answer in ${seconds} s`);
  if (ended.exitCode !== 0)
    throw noToken(source, `circleci run oidc get ended with ${ended.exitCode}`);
  const token = fromUtf8(ended.stdout)?.trim() ?? '';
  if (token === '') throw noToken(source, 'circleci run oidc get printed none');
  return new Secret(token);
}

/** A killed program's own children may keep its output open: the wait ends all the same. */
function after(seconds: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), seconds * 1000).unref();
  });
}
