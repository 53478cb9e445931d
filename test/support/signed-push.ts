/** A server whose policy asks for signed pushes, over HTTP, and clients that sign theirs. */

import type { Sandbox } from '../../src/sandbox/index.ts';
import { useGatedServer } from './gated-server.ts';
import type { Ran } from './git-repository.ts';

/** The ref that holds the certificates, in JGit's layout. */
export const CERTS = 'refs/meta/push-certs';

/** Returns the codes that a refused push names. */
export const codesOf = ({ err }: Pick<Ran, 'err'>): readonly string[] =>
  [...err.matchAll(/git signet help (\S+)/g)].map(([, code = '']) => code);

interface Wanted {
  /** The policy's `push`. */
  readonly push?: string;
  readonly signers?: string;
  /** More addresses of the server. */
  readonly pushees?: readonly string[];
}

/** Serves while a test file runs. */
export function useSignedPushes(name: string, sandbox: () => Sandbox) {
  const server = useGatedServer(name, sandbox);

  /** Alice may sign everything and bob may sign topics, and every push must be signed unless `push` says otherwise. */
  const gate = async (
    name: string,
    { push = 'push: signed', signers = '', pushees = [] }: Wanted = {},
  ) => {
    const { issuer } = sandbox().urls;
    const more = `  - {name: bob, identity: bob@example.test, issuer: '${issuer}'}\n`;
    const rules = `commits: [{refs: [refs/heads/main], by: [alice]}]\ntags: [{by: [alice]}]\n`;
    const here = [...pushees, server.urlOf(name)].flatMap((url) => ['--pushee', url]);
    const made = await server.gated(name, here, `${more}${signers}${rules}${push}\n`);
    const { bare, client } = made;
    const there = (...args: string[]) => client.must('-C', bare, ...args);
    there('config', 'receive.certNonceSeed', 'seed');
    // over HTTP, git asks in one request and gets the certificate in the next
    there('config', 'receive.certNonceSlop', '3600');
    const as = async (email: string) => ({
      ...sandbox().env,
      SIGSTORE_ID_TOKEN: await sandbox().mintToken({ email }),
    });
    const signed = async (email: string, ...args: string[]): Promise<Ran> =>
      client.gitMeanwhile({ env: await as(email) }, 'push', '--signed', ...args);
    const value = (ref: string) =>
      client.git('-C', bare, 'rev-parse', '-q', '--verify', ref).out.trim();
    const certificate = (ref: string): Buffer =>
      client.gitWith({}, '-C', bare, 'cat-file', 'blob', `${CERTS}:${ref}@{cert}`).bytes;
    const count = () => Number(client.git('-C', bare, 'rev-list', '--count', CERTS).out);
    return { ...made, server: made.there, there, as, signed, value, certificate, count };
  };
  return { gate, server };
}
