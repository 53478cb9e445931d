/** A token in a variable: SIGSTORE_ID_TOKEN, GitLab's id_tokens, whatever signet.tokenVariable names. */

import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, variableOf } from './ambient.ts';
import { tokenVariableOf } from './places.ts';

export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  return new Secret(variableOf(request, tokenVariableOf(request.settings)));
}
