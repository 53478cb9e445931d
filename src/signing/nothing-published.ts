/** No identity may become public here: said before anybody logs in or is asked for a signature, for no answer could help. */

import { visible } from '../core/escape.ts';
import { LoginError } from '../errors.ts';
import { settingOrigins } from '../settings/origin.ts';
import type { Invocation } from '../system/invocation.ts';

/** The refusal where signet.publishIdentity is `no`; `what` is not done: `not signed`. */
export async function nothingIsPublished(
  what: string,
  { env, cwd }: Pick<Invocation, 'env' | 'cwd'>,
): Promise<LoginError> {
  const [origin] = await settingOrigins(['publishIdentity'], { env, cwd });
  const why = 'no identity is to become public (signet.publishIdentity = no';
  const place = origin === undefined ? '' : `, ${visible(origin.place)}`;
  const undo = origin === undefined ? '' : `; to be asked instead: ${visible(origin.undo)}`;
  return new LoginError('PUBLICATION_REFUSED', `${what}: ${why}${place})`, {
    hint: `every signature is public${undo}`,
  });
}
