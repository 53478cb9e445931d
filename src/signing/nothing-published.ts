/** Refuses to sign if no identity may become public here. This comes before any login, because no login could help. */

import { visible } from '../core/escape.ts';
import { LoginError } from '../errors.ts';
import { settingOrigins } from '../settings/origin.ts';
import type { Invocation } from '../system/invocation.ts';

/** Returns the error for signet.publishIdentity = no. `what` names what is not done: `not signed`. */
export async function nothingIsPublished(
  what: string,
  { env, cwd }: Pick<Invocation, 'env' | 'cwd'>,
): Promise<LoginError> {
  const [origin] = await settingOrigins(['publishIdentity'], { env, cwd });
  const why = 'no identity may become public (signet.publishIdentity = no';
  const place = origin === undefined ? '' : `, ${visible(origin.place)}`;
  const undo = origin === undefined ? '' : `. To be asked instead: ${visible(origin.undo)}`;
  return new LoginError('PUBLICATION_REFUSED', `${what}: ${why}${place})`, {
    hint: `every signature is public${undo}`,
  });
}
