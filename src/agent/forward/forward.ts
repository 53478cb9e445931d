/**
 * The second socket, which is carried to other machines over SSH: whoever is root there can speak at it (threat D14).
 * It understands one thing, "sign this payload", signs as the agent's own configuration says, and only after rate,
 * scope and confirmation have let it pass; each answer leaves a line in the audit log first. No login starts there, and
 * no program but the one that is configured here.
 */

import type { Socket } from 'node:net';
import { utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { joinSignature } from '../../core/git/object.ts';
import { committerMismatch } from '../../core/policy/committer.ts';
import { isSignetError, LoginError } from '../../errors.ts';
import type { MadeSignature } from '../../signing/credential.ts';
import type { AgentBackend } from '../daemon/backend.ts';
import { briefNames } from '../daemon/brief.ts';
import type { Credentials } from '../daemon/credentials.ts';
import { type Stage, tell, whileWorking } from '../daemon/session.ts';
import { type Channel, ChannelEnded, channelOf } from '../wire/channel.ts';
import { payloadRoom, withLongPayload } from '../wire/long-payload.ts';
import { PROTOCOL, ProtocolError, type Reply } from '../wire/protocol.ts';
import { bytesOf } from '../wire/read-messages.ts';
import { signedReply } from '../wire/signed-reply.ts';
import { type AuditLog, sparingly } from './audit.ts';
import { type Described, describe } from './described.ts';
import type { Scope } from './scope.ts';

/** Whether the person agrees; the question is taken back when the client has `left`. */
export type Confirm = (what: Described, repository: string, left: AbortSignal) => Promise<boolean>;

export interface ForwardOptions {
  readonly backend: AgentBackend;
  /** Whom to sign as, by the agent's own configuration: see expectation.ts. No payload has a say in it (threat D27). */
  readonly expected: string;
  /** Only for what names the signer as its committer. */
  readonly matchCommitter: boolean;
  /** Signatures in any minute. */
  readonly rate: number;
  /** Undefined: any repository. */
  readonly scope: Scope | undefined;
  /** Asks the person at this machine; undefined: nobody is asked. */
  readonly confirm: Confirm | undefined;
  readonly audit: AuditLog;
  readonly online: boolean;
}

const ASKING_SECONDS = 20;
const MINUTE = 60;

/** Serves forwarded connections; what it has signed lately is remembered between them. */
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
      const visit = { channel, credentials, recent, auditOfRate, options };
      if (request.op === 'forwarded-sign') {
        channel.send(await serve(bytesOf(request.payload), visit));
      } else if (request.op === 'forwarded-sign-long') {
        const reply = await whileWorking(channel, (stage) =>
          withLongPayload(request.size, { channel, room }, (payload) => {
            // from here on `serve` says what it is at
            stage.on = 'quiet';
            return serve(payload, visit);
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

interface Visit {
  readonly channel: Channel;
  readonly credentials: Credentials;
  readonly recent: number[];
  /** Of what the rate refuses. */
  readonly auditOfRate: AuditLog;
  readonly options: ForwardOptions;
}

async function serve(payload: Uint8Array, visit: Visit): Promise<Reply> {
  const { options, channel } = visit;
  options.backend.checkPayload(payload);
  const what = describe(payload);
  let repository = '';
  if (!withinRate(visit)) {
    const error = refusal(`more than ${options.rate} signatures in a minute (signet.forwardRate)`);
    const reason = error.message;
    await visit.auditOfRate({ ...what, repository, payload, verdict: 'refused', who: '', reason });
    throw error;
  }
  try {
    // a person may take longer to agree than a client waits in silence
    const made = await whileWorking(channel, async (stage) => {
      repository = await scoped(what, options);
      await agreed({ what, repository }, visit, stage);
      return sign(payload, visit, stage);
    });
    await options.audit({ ...what, repository, payload, verdict: 'signed', who: made.identity });
    const place = what.type === 'commit' ? 'gpgsig' : 'body';
    options.scope?.remember(joinSignature(payload, utf8(made.armor), place), what, repository);
    return signedReply(made, options.online);
  } catch (error) {
    const told = isSignetError(error) || error instanceof ChannelEnded;
    const reason = told ? error.message : 'it could not be signed';
    await options.audit({ ...what, repository, payload, verdict: 'refused', who: '', reason });
    throw error;
  }
}

function withinRate({ recent, options: { rate, backend } }: Visit): boolean {
  const now = backend.now();
  while (recent[0] !== undefined && Math.abs(now - recent[0]) >= MINUTE) recent.shift();
  if (recent.length >= rate) return false;
  recent.push(now);
  return true;
}

/** The clone that it belongs to; '' where none is asked for. @throws LoginError `LOGIN_REFUSED` */
async function scoped(what: Described, { scope }: ForwardOptions): Promise<string> {
  const repository = scope === undefined ? '' : await scope.repositoryOf(what);
  if (repository !== undefined) return repository;
  const root = what.parents.length === 0;
  throw refusal(
    root
      ? 'a commit without parents belongs to no repository (signet.forwardRepositories)'
      : `what it stands on is in none of its repositories (${briefNames(what.parents).join(', ')})`,
    root
      ? 'sign it at the other machine'
      : 'there: git fetch, in the clone that it is configured with',
  );
}

/** @throws LoginError `LOGIN_REFUSED`; ChannelEnded where nobody waits for the answer any more */
async function agreed(
  { what, repository }: { readonly what: Described; readonly repository: string },
  { channel, options: { confirm } }: Visit,
  stage: Stage,
): Promise<void> {
  if (confirm === undefined) return;
  stage.on = 'agreement';
  const yes = await confirm(what, repository, channel.left);
  stage.on = 'signature';
  channel.left.throwIfAborted();
  if (!yes) throw refusal('nobody agreed to it (signet.forwardConfirm)');
}

async function sign(
  payload: Uint8Array,
  { credentials, options, channel }: Visit,
  stage: Stage,
): Promise<MadeSignature> {
  const { backend, expected, matchCommitter } = options;
  stage.on = 'login';
  const credential = await credentials.use(expected, {
    network: undefined,
    login: () =>
      Promise.reject(
        new LoginError('LOGIN_NO_TERMINAL', 'nobody is logged in at the forwarded agent', {
          hint: 'at the machine that you came from: git signet login',
        }),
      ),
  });
  stage.on = 'signature';
  channel.left.throwIfAborted();
  const differs = matchCommitter ? committerMismatch(payload, credential.signer) : undefined;
  if (differs !== undefined) throw refusal(`${visible(differs)} (signet.matchCommitter)`);
  const beforeLog = (): void => {
    channel.left.throwIfAborted();
  };
  return backend.sign(payload, credential, undefined, { beforeLog });
}

function refusal(why: string, hint?: string): LoginError {
  return new LoginError('LOGIN_REFUSED', `the forwarded agent refuses: ${why}`, { hint });
}
