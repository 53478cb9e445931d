/**
 * Asks the `circleci` program of the job's machine for a token with our audience. If there is no such program, the job's
 * own token is used. That token has the organisation's audience, so it fits only if that is ours.
 */

import { tmpdir } from 'node:os';
import { fromUtf8 } from '../../core/bytes.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable, runProcess } from '../../system/process.ts';
import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, noToken, patienceOf, variableOf } from './ambient.ts';

/** Variables of other systems, which CircleCI's program must not see (threat O10). */
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
    throw noToken(source, `circleci run oidc get ended with exit code ${ended.exitCode}`);
  const token = fromUtf8(ended.stdout)?.trim() ?? '';
  if (token === '') throw noToken(source, 'circleci run oidc get printed no token');
  return new Secret(token);
}

/** Ends the wait although the children of a killed program may keep its output open. */
function after(seconds: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), seconds * 1000).unref();
  });
}
