/**
 * Keeps push certificates on a ref, in JGit's layout (PushCertificateStore): for each ref a file `<ref>@{cert}`, which holds
 * the latest certificate that moved it, and a commit for each push. Nothing of a push in quarantine is stored: the certificate
 * and its commit are written behind it, before git moves the refs of the push.
 */

import { fromUtf8Lossy, utf8 } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { NOTHING, outsideQuarantine } from './environment.ts';
import { GIT_READS, type GitPlace, gitSaid, runGit } from './process.ts';

/** The ref that holds all certificates. */
export const CERTIFICATES = 'refs/meta/push-certs';

export interface KeptCertificate {
  /** The certificate with its signature. */
  readonly blob: Uint8Array;
  /** Lower-case hex SHA-256 of the certificate without its signature. */
  readonly sha256: string;
  /** The refs that it moves. */
  readonly refs: readonly string[];
  /** Unix seconds. */
  readonly now: number;
  /** Unix seconds. No certificate with the same nonce can be older. */
  readonly since: number;
}

/** Seconds by which the clocks of two servers of one repository may differ. */
const CLOCKS = 3600;
const MOST_TRIES = 200;
/** Most tries in a row while no other push moves the ref. */
const MOST_FAILURES = 5;

/** Returns true if a push may not move this ref, because the certificates would be lost or could not be kept. */
export function holdsCertificates(ref: string): boolean {
  return `${CERTIFICATES}/`.startsWith(`${ref}/`) || ref.startsWith(`${CERTIFICATES}/`);
}

function commitStream(
  { blob, sha256, refs, now }: KeptCertificate,
  tip: string | undefined,
): Uint8Array {
  const message = `Keep a push certificate\n\npayload-sha256: ${sha256}\n`;
  const lines = [
    `commit ${CERTIFICATES}`,
    `committer git-signet <git-signet@localhost> ${now} +0000`,
    `data ${message.length}\n${message}`,
    ...(tip === undefined ? [] : [`from ${tip}`]),
    ...refs.map((ref) => `M 100644 :1 ${ref}@{cert}`),
  ];
  const head = utf8(`blob\nmark :1\ndata ${blob.length}\n`);
  return Buffer.concat([head, blob, utf8(`\n${lines.join('\n')}\n\ndone\n`)]);
}

/**
 * Adds a certificate to the ref. Returns false if one with the same text is there already: the push is a replay, which git
 * does not see over HTTP. Of certificates that come at once, none is lost.
 * @throws UsageError GIT_FAILED
 */
export async function keepCertificate(
  repository: GitPlace,
  kept: KeptCertificate,
): Promise<boolean> {
  const place = { ...repository, env: outsideQuarantine(repository.env) };
  const ask = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout } = await runGit(place, [...GIT_READS, ...args]);
    return exitCode === 0 ? fromUtf8Lossy(stdout).trimEnd() : '';
  };
  const same = ['--fixed-strings', `--grep=payload-sha256: ${kept.sha256}`];
  let [tip, failures, said] = ['', 0, ''];
  for (let tries = 0; tries < MOST_TRIES && failures < MOST_FAILURES; tries += 1) {
    const before = tip;
    tip = await ask('rev-parse', '--verify', '--quiet', CERTIFICATES);
    failures = tip === before ? failures + 1 : 0;
    const since = `--since=${kept.since - CLOCKS}`;
    if (tip !== '' && (await ask('rev-list', '-1', since, ...same, tip)) !== '') return false;
    const input = commitStream(kept, tip === '' ? undefined : tip);
    const args = ['-c', `core.hooksPath=${NOTHING}`, 'fast-import', '--quiet', '--done'];
    const made = await runGit(place, args, { input });
    if (made.exitCode === 0) return true;
    said = gitSaid(made.stderr, `git fast-import ended with ${made.exitCode}`);
  }
  throw new UsageError(`the push certificate could not be kept: ${said}`, { code: 'GIT_FAILED' });
}
