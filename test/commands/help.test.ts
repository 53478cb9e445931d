import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { command } from '../../src/commands/help.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import { REFUSAL_CODES } from '../../src/report/refusals/pages.ts';
import { catchInvocation } from '../support/invocation.ts';

async function helpOf(...words: readonly string[]): Promise<string> {
  const { invocation, output } = catchInvocation({ args: words });
  await command.run?.(parseArguments(words, command), invocation, COMMANDS);
  return output();
}

describe('git signet help', () => {
  it.each(REFUSAL_CODES)('%s fits one screen of 80 columns', async (code) => {
    const lines = (await helpOf(code)).split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${code}: `));
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('a word that is neither command nor code is an error', async () => {
    await expect(helpOf('no-such-code')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(helpOf('unsigned', 'more')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
