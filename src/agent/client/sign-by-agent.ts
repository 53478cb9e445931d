/**
 * Signing for git by way of the agent. This process loads no HTTP client; it asks, verifies what it is given, and
 * compares the identity in it with the one that is expected here. An agent that is of no use is no reason to fail:
 * undefined then, after one line, and the signature is made in place.
 */

import { utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { expectationOf, expectationWords, signerMeets } from '../../core/expectation.ts';
import type { TransparencyLogEntry } from '../../core/rekor/log-entry.ts';
import type { Signer } from '../../core/verdict.ts';
import { LoginError } from '../../errors.ts';
import type { Made, Signing } from '../../signing/made.ts';
import { HandedBack } from '../wire/failure.ts';
import { ProtocolError, type SignedReply } from '../wire/protocol.ts';
import { bytesOf } from '../wire/read-messages.ts';
import { networkOf } from '../wire/request-network.ts';
import { AgentTrouble } from './connection.ts';
import { isAgentsOwn, reachHere } from './here.ts';
import { patienceOf } from './patience.ts';
import { askAgain, type Reached } from './reach.ts';
import { type SignByAgent, signByAgent } from './sign-client.ts';

/** A verified signature, or undefined where it must be made in place. @throws LoginError, ServiceError, … */
export async function makeByAgent(signing: Signing): Promise<Made | undefined> {
  const { terminal } = signing.invocation;
  try {
    return await askOnceMore(signing, () => askAgain(() => attempt(signing)));
  } catch (error) {
    if (!isAgentsOwn(error)) throw error;
    terminal.say(`${error.message}; signing without it`);
    if (error instanceof HandedBack && error.why.hint !== undefined) terminal.hint(error.why.hint);
    return undefined;
  }
}

/** Undefined where no agent runs, and a new one could do nothing. */
async function attempt(signing: Signing): Promise<Made | undefined> {
  const agent = await reachHere(signing);
  if (agent === undefined) return undefined;
  try {
    return await ask(signing, agent);
  } finally {
    // git waits for what was signed, not for this
    setImmediate(agent.close);
  }
}

/**
 * What the agent gives back is asked of it once more: a network that was away may be back, and an agent that was born
 * without one has left its place to a child of this process. Nobody is asked to log in where that could not help: for
 * servers that this process does not reach, or that the agent reaches, too. @throws HandedBack; ServiceError
 */
async function askOnceMore<T>(signing: Signing, ask: () => Promise<T>): Promise<T> {
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
  agreement: 'somebody to agree, at the machine that the forwarded agent is on',
  turn: 'a turn: the agent signs for many others',
  signature: 'the log, by way of the agent',
} as const;

async function ask(signing: Signing, agent: Reached): Promise<Made> {
  const { payload, settings, invocation } = signing;
  let freshLogin = false;
  const expected = expectationOf(settings, payload);
  const asked: Omit<SignByAgent, 'login'> = {
    payload,
    expected,
    network: networkOf(settings, invocation.env, invocation.cwd),
    // the agent is at work: what will verify its answer is loaded, and begins with what it shows
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
      return loginForAgent(signing, asked, (login) => {
        freshLogin = login.fresh;
        return use(login);
      });
    },
  });
  const forwarded = agent.address === undefined;
  return verified(reply, { ...signing, expected, freshLogin, forwarded });
}

async function warm({ verifier }: Signing): Promise<void> {
  await (await verifier()).trust().catch(() => undefined);
}

/** The entry that goes with a signature that does not hold it. @throws ProtocolError */
async function logEntryOf({ logEntry }: SignedReply): Promise<TransparencyLogEntry | undefined> {
  if (logEntry === '') return undefined;
  const { decodeLogEntry } = await import('../../core/rekor/log-entry.ts');
  try {
    return decodeLogEntry(bytesOf(logEntry));
  } catch {
    throw new ProtocolError('the log entry cannot be read');
  }
}

interface Asked extends Signing {
  readonly expected: string;
  readonly freshLogin: boolean;
  readonly forwarded: boolean;
}

const HASHES: readonly number[] = [8, 9, 10];

async function verified(reply: SignedReply, asked: Asked): Promise<Made> {
  const { armor, signingTime, certificateHashAlgorithm: hash } = reply;
  const { payload, freshLogin, forwarded } = asked;
  const [verifier, entry] = await Promise.all([asked.verifier(), logEntryOf(reply)]);
  const verdict = await verifier.verify(payload, utf8(armor), entry);
  if (verdict.status !== 'verified') {
    const what = `the agent's signature does not verify: ${verdict.detail}`;
    throw new AgentTrouble('broken', what);
  }
  const { signer, certificate, logEntry } = verdict;
  const mismatch = unexpectedSigner(signer, asked);
  if (mismatch !== undefined) {
    if (!forwarded) throw new AgentTrouble('broken', mismatch);
    throw new LoginError('IDENTITY_UNEXPECTED', mismatch, {
      hint: 'the agent at the other end is logged in as somebody else; git was given nothing',
    });
  }
  return {
    armor,
    signingTime,
    freshLogin,
    identity: signer.value,
    logIndex: logEntry?.logIndex ?? '',
    certificateSha1: certificate?.sha1 ?? '',
    publicKeyAlgorithm: 19,
    certificateHashAlgorithm: HASHES.includes(hash) ? hash : 8,
  };
}

function unexpectedSigner(signer: Signer, { expected }: Asked): string | undefined {
  if (signer.kind === 'openpgp' || signer.kind === 'ssh')
    return 'the agent signed with a key of another kind';
  if (signerMeets(expected, signer)) return undefined;
  return `the agent signed as ${visible(signer.value)}, not as ${expectationWords(expected)}`;
}
