/** A token in a variable: SIGSTORE_ID_TOKEN, GitLab's id_tokens, whatever signet.tokenVariable names. */

import { Secret } from '../../system/secret.ts';
import { tokenVariableOf } from '../unattended.ts';
import { type Ambient, noToken } from './ambient.ts';
import { REMEDIES } from './system.ts';

function variable(service: string, remedy: string): Ambient {
  return {
    service,
    remedy,
    fetch: async ({ environment, settings }) => {
      const name = tokenVariableOf(settings);
      const value = environment[name]?.trim() ?? '';
      if (value !== '') return new Secret(value);
      throw noToken({ service, remedy }, `${name} is not set`);
    },
  };
}

export const tokenVariable = variable(
  'the environment',
  'take a fresh token, or unset the variable to log in yourself',
);
export const gitlab = variable('GitLab CI', REMEDIES.gitlab);
