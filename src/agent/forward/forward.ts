/**
 * The second socket, which SSH carries to other machines. Root of such a machine can speak at it (threat D14). The agent
 * understands one thing there, "sign this payload". It signs as its own configuration says, and only after rate, scope and
 * confirmation have let the request pass. Each answer leaves a line in the audit log first. No login starts there, and
 * no program but the one that is configured here.
 */

import type { Socket } from 'node:net';
import { utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { joinSignature } from '../../core/git/signed-object.ts';
import { committerMismatch } from '../../core/policy/committer.ts';
import { isSignetError, LoginError } from '../../errors.ts';
import type { MadeSignature } from '../../signing/credential.ts';
import type { AgentBackend } from '../daemon/backend.ts';
import type { Credentials } from '../daemon/credentials.ts';
import { type Stage, tell, whileWorking } from '../daemon/session.ts';
import { type Channel, ChannelEnded, channelOf } from '../wire/channel.ts';
import { payloadRoom, withLongPayload } from '../wire/long-payload.ts';
import { type AgentReply, PROTOCOL, ProtocolError } from '../wire/protocol.ts';
import { bytesOf } from '../wire/read-messages.ts';
import { signedReply } from '../wire/signed-reply.ts';
import { type AuditLog, sparingly } from './audit.ts';
import { briefNames, describe, type PayloadDescription } from './description.ts';
import type { Scope } from './scope.ts';

/** Asks the person at this machine. The question is taken back when the client has `left`. */
export type Confirm = (
  what: PayloadDescription,
  repository: string,
  left: AbortSignal,
) => Promise<boolean>;

export interface ForwardOptions {
  readonly backend: AgentBackend;
  /** The text of the agent's own expectation. No payload has a say in it (threat D27). */
  readonly expected: string;
  /** True to sign only what names the signer as its committer. */
  readonly matchCommitter: boolean;
  /** Signatures in any minute. */
  readonly rate: number;
  /** Undefined for any repository. */
  readonly scope: Scope | undefined;
  /** Undefined to sign without a question. */
  readonly confirm: Confirm | undefined;
  readonly audit: AuditLog;
  readonly online: boolean;
}

const ASKING_SECONDS = 20;
const MINUTE = 60;

/** Returns a server of forwarded connections, which remembers between them what it has signed lately. */
export function forwardServer(
  options: ForwardOptions,
): (socket: Socket, credentials: Credentials) => Promise<void> {
  const recent: number[] = [];
  const auditOfRate = sparingly(options.audit);
  const room = payloadRoom();
  return async (socket, credentials) => {
    const channel = channelOf(socket);
    channel.send({
      agent: 'git-signet',
      protocol: PROTOCOL,
      forwarded: true,
      instance: '',
      pid: 0,
    });
    try {
      const request = await channel.next(ASKING_SECONDS);
      const session = { channel, credentials, recent, auditOfRate, options };
      if (request.op === 'forwarded-sign') {
        channel.send(await serve(bytesOf(request.payload), session));
      } else if (request.op === 'forwarded-sign-long') {
        const reply = await whileWorking(channel, (stage) =>
          withLongPayload(request.size, { channel, room }, (payload) => {
            // from here on `serve` tells the client what it does
            stage.on = 'quiet';
            return serve(payload, session);
          }),
        );
        channel.send(reply);
      } else throw new ProtocolError('a forwarded agent signs, and does nothing else');
    } catch (error) {
      tell(channel, error);
    } finally {
      channel.end();
    }
  };
}

interface ForwardedSession {
  readonly channel: Channel;
  readonly credentials: Credentials;
  readonly recent: number[];
  /** For what the rate refuses. */
  readonly auditOfRate: AuditLog;
  readonly options: ForwardOptions;
}

async function serve(payload: Uint8Array, session: ForwardedSession): Promise<AgentReply> {
  const { options, channel } = session;
  options.backend.checkPayload(payload);
  const what = describe(payload);
  let repository = '';
  const auditRefusal = (audit: AuditLog, reason: string): Promise<void> =>
    audit({ ...what, repository, payload, verdict: 'refused', who: '', reason });
  if (!withinRate(session)) {
    const error = refusal(`more than ${options.rate} signatures in a minute (signet.forwardRate)`);
    await auditRefusal(session.auditOfRate, error.message);
    throw error;
  }
  try {
    // a person may take longer to agree than a client waits in silence
    const made = await whileWorking(channel, async (stage) => {
      repository = await scoped(what, options);
      await agreed({ what, repository }, session, stage);
      return sign(payload, session, stage);
    });
    await options.audit({ ...what, repository, payload, verdict: 'signed', who: made.identity });
    const place = what.type === 'commit' ? 'gpgsig' : 'body';
    options.scope?.remember(joinSignature(payload, utf8(made.signature), place), what, repository);
    return signedReply(made, { payload, online: options.online });
  } catch (error) {
    const told = isSignetError(error) || error instanceof ChannelEnded;
    await auditRefusal(options.audit, told ? error.message : 'it could not be signed');
    throw error;
  }
}

function withinRate({ recent, options: { rate, backend } }: ForwardedSession): boolean {
  const now = backend.now();
  while (recent[0] !== undefined && Math.abs(now - recent[0]) >= MINUTE) recent.shift();
  if (recent.length >= rate) return false;
  recent.push(now);
  return true;
}

/** Returns the clone that a payload belongs to, or '' if any repository will do. @throws LoginError `LOGIN_REFUSED` */
async function scoped(what: PayloadDescription, { scope }: ForwardOptions): Promise<string> {
  const repository = scope === undefined ? '' : await scope.repositoryOf(what);
  if (repository !== undefined) return repository;
  const root = what.parents.length === 0;
  throw refusal(
    root
      ? 'a commit without parents belongs to no repository (signet.forwardRepositories)'
      : `none of its repositories has the parents (${briefNames(what.parents).join(', ')})`,
    root
      ? 'sign it at the other machine'
      : 'in its clone, at the machine that you came from: git fetch',
  );
}

/** Asks the person. @throws LoginError `LOGIN_REFUSED`, and ChannelEnded if the client has gone meanwhile */
async function agreed(
  { what, repository }: { readonly what: PayloadDescription; readonly repository: string },
  { channel, options: { confirm } }: ForwardedSession,
  stage: Stage,
): Promise<void> {
  if (confirm === undefined) return;
  stage.on = 'agreement';
  const yes = await confirm(what, repository, channel.left);
  stage.on = 'signature';
  channel.left.throwIfAborted();
  if (!yes) throw refusal('the person there did not agree (signet.forwardConfirm)');
}

async function sign(
  payload: Uint8Array,
  { credentials, options, channel }: ForwardedSession,
  stage: Stage,
): Promise<MadeSignature> {
  const { backend, expected, matchCommitter } = options;
  stage.on = 'login';
  const credential = await credentials.use(expected, {
    network: undefined,
    login: () =>
      Promise.reject(
        new LoginError('LOGIN_NO_TERMINAL', 'the forwarded agent has no login', {
          hint: 'at the machine that you came from: git signet login',
        }),
      ),
  });
  stage.on = 'signature';
  channel.left.throwIfAborted();
  const differs = matchCommitter ? committerMismatch(payload, credential.signer) : undefined;
  if (differs !== undefined) throw refusal(`${visible(differs)} (signet.matchCommitter)`);
  const beforeLog = (): void => channel.left.throwIfAborted();
  return backend.sign(payload, credential, undefined, { beforeLog });
}

function refusal(why: string, hint?: string): LoginError {
  return new LoginError('LOGIN_REFUSED', `the forwarded agent refuses: ${why}`, { hint });
}
