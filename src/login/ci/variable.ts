/** Reads a token from a variable: SIGSTORE_ID_TOKEN, or the one that signet.tokenVariable names. */

import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, variableOf } from './ambient.ts';
import { tokenVariableOf } from './places.ts';

export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  return new Secret(variableOf(request, tokenVariableOf(request.settings)));
}
