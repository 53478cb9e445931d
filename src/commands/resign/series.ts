/** Makes many signatures with one login: by the agent, or in place with one certificate while it is valid. */

import { utf8 } from '../../core/bytes.ts';
import { acceptExpected, acceptSigner, expectationOf } from '../../core/expected-account.ts';
import { AnswerError } from '../../errors.ts';
import { signsUnlogged } from '../../gate/unlogged.ts';
import { refuseElsewhere, settingsHere } from '../../settings/here.ts';
import type { Credential } from '../../signing/credential.ts';
import { withLogin } from '../../signing/login.ts';
import type { VerifiedSignature } from '../../signing/signature-types.ts';
import { type SigningTools, signingTools } from '../../signing/tools.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';

/** The signature of one payload. */
export type SeriesSignature = Pick<VerifiedSignature, 'signature' | 'identity' | 'logIndex'>;
export type SignOne = (payload: Uint8Array) => Promise<SeriesSignature>;

/** A certificate is renewed when it has less than this left, in seconds. */
const MARGIN = 30;

/** Signs in place with one login. Each payload is compared with the account that logged in. `use` may sign until it ends. */
async function inPlace(
  first: Uint8Array,
  signing: SigningTools,
  use: (sign: SignOne) => Promise<void>,
): Promise<void> {
  const { obtainCredential, signWithCredential } = await import('../../signing/sign.ts');
  const verifier = await signing.verifier();
  return withLogin(first, await signing.request(), (identity, parts) => {
    let credential: Credential | undefined;
    const sign: SignOne = async (payload) => {
      const expected = expectationOf(signing.settings, payload);
      acceptExpected(expected, identity.claims);
      const until = credential?.certificate.notAfter ?? 0;
      if (credential === undefined || until - signing.invocation.now() < MARGIN) {
        credential = await obtainCredential(identity, expected, parts);
      }
      acceptSigner(expected, credential.signer);
      const made = await signWithCredential(payload, credential, parts);
      const verdict = await verifier.verify(payload, utf8(made.signature), made.logEntry);
      if (verdict.status === 'verified') return made;
      const what = `the signature just made does not verify: ${verdict.detail}`;
      throw new AnswerError('SELF_VERIFICATION', what);
    };
    return use(sign);
  });
}

/** Signs in place. The first payload causes the login, and all others use it. */
function keptLogin(signing: SigningTools): {
  readonly sign: SignOne;
  readonly close: () => Promise<void>;
} {
  let finish = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let ended: Promise<void> | undefined;
  let opened: Promise<SignOne> | undefined;
  const open = (first: Uint8Array): Promise<SignOne> =>
    new Promise((resolve, reject) => {
      ended = inPlace(first, signing, (sign) => {
        resolve(sign);
        return over;
      }).catch(reject);
    });
  return {
    sign: async (payload) => {
      opened ??= open(payload);
      return (await opened)(payload);
    },
    close: async () => {
      finish();
      await ended;
    },
  };
}

/**
 * Calls `use` with a function that signs payloads with one login. The login page describes `first`. @throws LoginError, ServiceError, AnswerError
 */
export async function withSeries<T>(
  first: Uint8Array,
  invocation: Invocation,
  use: (sign: SignOne) => Promise<T>,
): Promise<T> {
  const [settings, crypto] = await Promise.all([settingsHere(invocation), loadCrypto()]);
  refuseElsewhere(settings);
  const signing = await signingTools(invocation, {
    ...{ settings, crypto, payload: first },
    signsUnlogged: () => signsUnlogged(settings, invocation, crypto),
  });
  const { makeByAgent } = await import('../../agent/client/sign-by-agent.ts');
  const own = keptLogin(signing);
  let agentServes = signing.agentMay;
  const sign: SignOne = async (payload) => {
    const made = agentServes ? await makeByAgent({ ...signing, payload }) : undefined;
    if (made !== undefined) return made;
    // a user who has logged in here is not asked again when the agent comes back
    agentServes = false;
    return own.sign(payload);
  };
  try {
    return await use(sign);
  } finally {
    await own.close();
  }
}
