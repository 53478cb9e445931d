/** Reads an identity token from standard input (`--token-stdin`). */

import { fromUtf8 } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { Secret } from '../system/secret.ts';
import type { Streams, Terminal } from '../system/terminal.ts';

const MAX_TOKEN = 64 * 1024;

/** Reads a token of at most 64 KiB, without the blanks around it. @throws UsageError if it is empty or too long */
export function tokenOnStdin(streams: Streams, terminal: Terminal): Secret {
  if (streams.inputIsTerminal) {
    terminal.say(
      'waiting for the token on standard input. End it with Ctrl-D on a line of its own',
    );
  }
  const text = fromUtf8(streams.readInput(MAX_TOKEN))?.trim() ?? '';
  if (text === '') throw new UsageError('there is no token on standard input (--token-stdin)');
  return new Secret(text);
}
