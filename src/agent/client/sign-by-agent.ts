/**
 * Signs for git by way of the agent. This process loads no HTTP client. It asks, verifies what it gets, and compares the
 * identity in it with the one that is expected here. If the agent is of no use, the user is told in one line, and the
 * signature is made in place.
 */

import { utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { expectationOf, expectationWords, signerMeets } from '../../core/expected-account.ts';
import { payloadKind } from '../../core/git/payload-kind.ts';
import type { TransparencyLogEntry } from '../../core/rekor/log-entry.ts';
import type { Signer } from '../../core/verdict.ts';
import { LoginError } from '../../errors.ts';
import type { SigningTask, VerifiedSignature } from '../../signing/signature-types.ts';
import { AgentTrouble, HandedBack, isAgentFailure } from '../wire/failure.ts';
import { ProtocolError, type SignedReply } from '../wire/protocol.ts';
import { bytesOf } from '../wire/read-messages.ts';
import { networkOf } from '../wire/request-network.ts';
import { patienceOf } from './patience.ts';
import { askAgain, type ReachedAgent, reachForSigning } from './reach.ts';
import { type AgentSigning, signByAgent } from './sign-client.ts';

/** Returns a verified signature, or undefined if it must be made in place. @throws LoginError, ServiceError, AnswerError */
export async function makeByAgent(signing: SigningTask): Promise<VerifiedSignature | undefined> {
  const { terminal } = signing.invocation;
  try {
    return await askOnceMore(signing, () => askAgain(() => attempt(signing)));
  } catch (error) {
    if (!isAgentFailure(error)) throw error;
    terminal.say(`${error.message}, signing without it`);
    if (error instanceof HandedBack && error.why.hint !== undefined) terminal.hint(error.why.hint);
    return undefined;
  }
}

/** Returns undefined if no agent runs, and a new one could do nothing. */
async function attempt(signing: SigningTask): Promise<VerifiedSignature | undefined> {
  const agent = await reachForSigning(signing);
  if (agent === undefined) return undefined;
  try {
    return await ask(signing, agent);
  } finally {
    // git does not wait for this
    setImmediate(agent.close);
  }
}

/**
 * Asks the agent once more for what it gave back. A network that was away may be back, and an agent that was born without
 * one has left its place to a child of this process. The user is not asked to log in where that cannot help: for servers
 * that this process does not reach either, or that the agent reaches after all. @throws HandedBack, ServiceError
 */
async function askOnceMore<T>(signing: SigningTask, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HandedBack)) throw error;
    const { agentReaches, reachesServers } = await import('./login.ts');
    if (!(await reachesServers(signing))) throw error.why;
    return await ask().catch(async (again: unknown) => {
      throw again instanceof HandedBack && (await agentReaches(signing)) ? again.why : again;
    });
  }
}

const WAITS = {
  login: 'the login that another git-signet asked for',
  agreement: 'a person to agree, at the machine of the forwarded agent',
  turn: 'its turn, because the agent signs for many others',
  signature: 'the log, by way of the agent',
} as const;

async function ask(signing: SigningTask, agent: ReachedAgent): Promise<VerifiedSignature> {
  const { payload, settings, invocation } = signing;
  let freshLogin = false;
  const expected = expectationOf(settings, payload);
  const asked: Omit<AgentSigning, 'login'> = {
    payload,
    expected,
    network: networkOf(settings, invocation.env, invocation.cwd),
    // while the agent works, this process loads what verifies the answer, and begins with what the agent shows
    onAsked: () => void warm(signing),
    onUnlogged: (armor) =>
      void signing.verifier().then((verifier) => verifier.ahead(payload, utf8(armor))),
    onWait: (on) => invocation.terminal.say(`waiting for ${WAITS[on]}`),
    patience: patienceOf(settings),
  };
  const reply = await signByAgent(agent, {
    ...asked,
    login: async (use) => {
      const { loginForAgent } = await import('./login.ts');
      return loginForAgent(signing, { ...asked, address: agent.address }, (login) => {
        freshLogin = login.fresh;
        return use(login);
      });
    },
  });
  const forwarded = agent.address === undefined;
  return verified(reply, { ...signing, expected, freshLogin, forwarded });
}

async function warm({ verifier }: SigningTask): Promise<void> {
  await (await verifier()).trust().catch(() => undefined);
}

/** Returns the log entry beside a signature that does not embed it. @throws ProtocolError */
async function logEntryOf({ logEntry }: SignedReply): Promise<TransparencyLogEntry | undefined> {
  if (logEntry === '') return undefined;
  const { decodeLogEntry } = await import('../../core/rekor/log-entry.ts');
  try {
    return decodeLogEntry(bytesOf(logEntry));
  } catch {
    throw new ProtocolError('the log entry cannot be read');
  }
}

/** Returns the signature as it is stored. The agent leaves a statement out of its bundle. @throws ProtocolError */
async function signatureOf({ signature }: SignedReply, payload: Uint8Array): Promise<string> {
  if (payloadKind(payload) !== 'statement') return signature;
  const { withStatement } = await import('../../core/statement/bundle.ts');
  const whole = withStatement(signature, payload);
  if (whole === undefined) throw new ProtocolError('the bundle cannot be read');
  return whole;
}

interface AgentSigned extends SigningTask {
  readonly expected: string;
  readonly freshLogin: boolean;
  readonly forwarded: boolean;
}

const HASHES: readonly number[] = [8, 9, 10];

async function verified(reply: SignedReply, asked: AgentSigned): Promise<VerifiedSignature> {
  const { signingTime, certificateHashAlgorithm: hash } = reply;
  const { payload, freshLogin, forwarded } = asked;
  const [verifier, entry, signature] = await Promise.all([
    asked.verifier(),
    logEntryOf(reply),
    signatureOf(reply, payload),
  ]);
  const verdict = await verifier.verify(payload, utf8(signature), entry);
  if (verdict.status !== 'verified') {
    const what = `the agent's signature does not verify: ${verdict.detail}`;
    throw new AgentTrouble('broken', what);
  }
  const { signer, certificate, logEntry } = verdict;
  const mismatch = unexpectedSigner(signer, asked);
  if (mismatch !== undefined) {
    if (!forwarded) throw new AgentTrouble('broken', mismatch);
    throw new LoginError('IDENTITY_UNEXPECTED', mismatch, {
      hint: 'log in with the other account at the machine of the agent: git signet login',
    });
  }
  return {
    signature,
    signingTime,
    freshLogin,
    identity: signer.value,
    logIndex: logEntry?.logIndex ?? '',
    certificateSha1: certificate?.sha1 ?? '',
    publicKeyAlgorithm: 19,
    certificateHashAlgorithm: HASHES.includes(hash) ? hash : 8,
  };
}

function unexpectedSigner(signer: Signer, { expected }: AgentSigned): string | undefined {
  if (signer.kind === 'openpgp' || signer.kind === 'ssh')
    return 'the agent signed with a key of another kind';
  if (signerMeets(expected, signer)) return undefined;
  return `the agent signed as ${visible(signer.value)}, not as ${expectationWords(expected)}`;
}
