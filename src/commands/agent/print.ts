/** `agent print` prints units of systemd (with socket activation) or launchd. `agent forward` prints the set-up for SSH. */

import { join } from 'node:path';
import { instanceEnvironment } from '../../agent/instance.ts';
import { ExitCode } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import { programWords } from '../../system/runtime.ts';
import { agentHere, type Here } from './here.ts';

/** systemd.syntax(7): double quotes, and specifiers doubled. */
const unitWord = (word: string): string =>
  `"${word.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** `Environment=` takes no `$` substitution. */
const unitValue = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;

function settingsOf({ instance, settings }: Here): readonly (readonly [string, string])[] {
  const named = Object.entries(instanceEnvironment(instance)).filter(([, value]) => value !== '');
  const { agentDirectory } = settings;
  return agentDirectory === undefined
    ? named
    : [...named, ['SIGNET_AGENT_DIRECTORY', agentDirectory]];
}

function systemd(here: Here, words: readonly string[]): string {
  const environment = settingsOf(here).map(
    ([name, value]) => `Environment=${unitValue(`${name}=${value}`)}\n`,
  );
  return `# ~/.config/systemd/user/git-signet.socket
[Unit]
Description=git-signet agent

[Socket]
ListenStream=${here.address.path.replaceAll('%', '%%')}
SocketMode=0600
DirectoryMode=0700
Accept=no

[Install]
WantedBy=sockets.target

# ~/.config/systemd/user/git-signet.service
[Unit]
Description=git-signet agent
Requires=git-signet.socket

[Service]
ExecStart=${[...words, 'agent', 'run'].map(unitWord).join(' ')}
${environment.join('')}UMask=0077
LimitCORE=0
NoNewPrivileges=yes

# then: systemctl --user enable --now git-signet.socket
`;
}

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** launchd hands sockets only to programs that use its interface, so this unit just keeps the agent running. */
function launchd(here: Here, words: readonly string[]): string {
  const args = [...words, 'agent', 'run'].map((word) => `    <string>${xml(word)}</string>\n`);
  const environment = [...settingsOf(here), ['SIGNET_AGENT_IDLE', '99999'] as const].map(
    ([name, value]) => `    <key>${name}</key><string>${xml(value)}</string>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ~/Library/LaunchAgents/git-signet.agent.plist, then: launchctl load -w that file -->
<plist version="1.0">
<dict>
  <key>Label</key><string>git-signet.agent</string>
  <key>ProgramArguments</key>
  <array>
${args.join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${environment.join('')}  </dict>
  <key>RunAtLoad</key><true/>
  <key>HardResourceLimits</key>
  <dict><key>Core</key><integer>0</integer></dict>
  <key>Umask</key><integer>63</integer>
</dict>
</plist>
`;
}

/** Writes files whose first lines say where they belong. */
export async function print(invocation: Invocation, what: string | undefined): Promise<ExitCode> {
  const here = await agentHere(invocation);
  const words = programWords(invocation.entry);
  const text = what === 'systemd' ? systemd(here, words) : launchd(here, words);
  invocation.streams.write(text);
  return ExitCode.ok;
}

/** The default path of a forward socket. */
export function suggestedForwardSocket(directory: string): string {
  return join(directory, 'forward.sock');
}

/** Describes the set-up of both machines, with the configured socket or the default one. */
export async function forward(invocation: Invocation): Promise<ExitCode> {
  const { settings, directory } = await agentHere(invocation);
  const socket = settings.forwardSocket ?? suggestedForwardSocket(directory);
  const there = '/run/user/REMOTE-UID/git-signet.sock';
  invocation.streams.write(`here, once, and then log in again (git signet agent stop --all):
  git config --global signet.forwardSocket ${socket}
here, in ~/.ssh/config, for the host that you work on:
  RemoteForward ${there} ${socket}
there, once:
  git config --global signet.agentSocket ${there}
there, in sshd_config, so that a socket left over is replaced:
  StreamLocalBindUnlink yes

this signs only what git signs, as you. Narrow it with signet.forwardRepositories,
forwardRate, forwardConfirm. Each signature leaves a line in signet.forwardLog
`);
  return ExitCode.ok;
}
