/** Signs one statement, by the agent or in place, with the settings, questions and lines that `git commit` has. */

import { makeSignature } from '../../agent/client/make-signature.ts';
import { utf8 } from '../../core/bytes.ts';
import { checkSignable } from '../../core/statement/signable.ts';
import { signsUnlogged } from '../../gate/unlogged.ts';
import { committerHere } from '../../git/committer.ts';
import { refuseElsewhere, settingsHere } from '../../settings/here.ts';
import { signedLine } from '../../signing/signed-line.ts';
import { signingTools } from '../../signing/tools.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';

/** A statement that was signed, published and verified. */
export interface MadeStatement {
  /** The Sigstore bundle, as JSON. */
  readonly bundle: Uint8Array;
  readonly identity: string;
  /** Decimal, or '' if it is in no log. */
  readonly logIndex: string;
}

/**
 * Signs a statement, and verifies the result as any verifier would. The digest of the statement becomes public in the log,
 * and its content does not. @throws UsageError for a malformed statement, ConfigError, LoginError, ServiceError, AnswerError
 */
export async function makeStatement(
  statement: Uint8Array,
  invocation: Invocation,
): Promise<MadeStatement> {
  const { cwd, env, terminal } = invocation;
  checkSignable(statement);
  const [known, crypto] = await Promise.all([
    settingsHere(invocation, { caller: 'sign' }),
    loadCrypto(),
  ]);
  refuseElsewhere(known);
  const committer = known.matchCommitter ? await committerHere(cwd, env) : undefined;
  const settings = committer === undefined ? known : { ...known, statementCommitter: committer };
  const tools = await signingTools(invocation, {
    ...{ settings, crypto, payload: statement },
    signsUnlogged: () => signsUnlogged(settings, invocation, crypto),
  });
  const made = await makeSignature({ ...tools, payload: statement }).finally(tools.settled);
  const line = signedLine(made, tools);
  if (line !== undefined) terminal.say(line);
  const { signature, identity, logIndex } = made;
  return { bundle: utf8(signature), identity, logIndex };
}
