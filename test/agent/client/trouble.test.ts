import { describe, expect, it } from 'vitest';
import type { ListedAgent } from '../../../src/agent/client/client.ts';
import { askEvery, endWithTrouble } from '../../../src/agent/client/trouble.ts';
import { ServiceError } from '../../../src/errors.ts';

const agent = (path: string, answers = true): ListedAgent => ({
  address: { directory: '/run', path, secretPath: `${path}.secret` },
  ...(answers ? { state: { credentials: [] } as never } : {}),
});

describe('asking all agents', () => {
  it('every agent is asked although one before it fails (D20)', async () => {
    const asked: string[] = [];
    const ended = new ServiceError('SERVICE_UNREACHABLE', 'it ended');
    const agents = [
      agent('/run/hung', false),
      agent('/run/a'),
      agent('/run/fails'),
      agent('/run/b'),
    ];
    const { count, troubles } = await askEvery(agents, async ({ path }) => {
      asked.push(path);
      if (path === '/run/fails') throw ended;
      return 2;
    });
    // one that did not answer when it was listed is not waited for again
    expect([asked, count]).toEqual([['/run/a', '/run/fails', '/run/b'], 4]);
    expect(troubles).toMatchObject([
      { message: expect.stringContaining('/run/hung'), exitCode: 3 },
      ended,
    ]);
  });

  it('every trouble is told, and the last one ends the command (D20)', () => {
    const said: string[] = [];
    const invocation = { terminal: { say: (line: string) => said.push(line) } } as never;
    endWithTrouble([], invocation);
    const troubles = [new Error('one'), new Error('two')];
    expect(() => endWithTrouble(troubles, invocation)).toThrow('two');
    expect(said).toEqual(['one']);
  });
});
