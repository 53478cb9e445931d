/** A real sshd on loopback for a story: own host key, own client key, as the current user; nothing of this machine's settings. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './tools.ts';

export interface Sshd {
  /** Starts `ssh` with more options, to run a command or (`-N`) to hold forwardings. */
  readonly ssh: (options: readonly string[], command?: string) => ChildProcess;
  readonly close: () => Promise<void>;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** As root, sshd wants a directory that only a running service makes: where it is missing, a /run of its own holds one. */
const needsRun = process.getuid?.() === 0 && !existsSync('/run/sshd');
const OWN_RUN = [
  '-m',
  '--',
  'sh',
  '-c',
  'mount -t tmpfs run /run && mkdir /run/sshd && exec "$@"',
  'sh',
];

/** True where sshd can run. */
export function sshdCanRun(): boolean {
  return !needsRun || spawnSync('unshare', [...OWN_RUN, 'true']).status === 0;
}

/** Keys and configuration lie in `directory`. */
export async function startSshd(directory: string): Promise<Sshd> {
  mkdirSync(directory, { mode: 0o700 });
  const file = (name: string): string => join(directory, name);
  const keygen = findProgram('ssh-keygen') ?? 'ssh-keygen';
  for (const name of ['host', 'client']) {
    spawnSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const port = await freePort();
  writeFileSync(file('authorized_keys'), readFileSync(file('client.pub')), { mode: 0o600 });
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    `PidFile ${file('pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'AllowStreamLocalForwarding yes',
    'StreamLocalBindUnlink yes',
  ];
  writeFileSync(file('sshd_config'), `${settings.join('\n')}\n`);
  const program = findProgram('sshd') ?? '/usr/sbin/sshd';
  const words = [program, '-D', '-e', '-f', file('sshd_config')];
  const [first = program, ...rest] = needsRun ? ['unshare', ...OWN_RUN, ...words] : words;
  const daemon = spawn(first, rest, { stdio: 'ignore' });
  for (let i = 0; i < 200 && !(await listens(port)); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const started: ChildProcess[] = [];
  const base = [
    ...['-F', '/dev/null', '-i', file('client'), '-p', String(port)],
    ...['-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=no'],
    ...['-o', `UserKnownHostsFile=${file('known')}`, '-o', 'ExitOnForwardFailure=yes'],
  ];
  return {
    ssh: (options, command) => {
      const words = [...base, ...options, `${userInfo().username}@127.0.0.1`];
      const child = spawn('ssh', command === undefined ? words : [...words, command], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      return child;
    },
    close: async () => {
      for (const child of [...started, daemon]) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const over = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGTERM');
        await over;
      }
    },
  };
}
