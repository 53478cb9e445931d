import { describe, expect, it } from 'vitest';
import { markdownText } from '../../src/report/github.ts';
import {
  countsOf,
  hostileSamples,
  judgedCommit,
  outcome,
  plainSamples,
  reported,
} from '../support/judged-samples.ts';

/** Commands that the runner would obey: `::name …::` at a line's start, `##[name]` anywhere. */
function commands(log: string): readonly string[] {
  return log.split(/\r\n|[\n\r\u2028\u2029]/).flatMap((line) => {
    const first = /^\s*::([\w-]+)/.exec(line)?.[1];
    return [...(first === undefined ? [] : [first]), ...(/##\w*\[/.test(line) ? ['old form'] : [])];
  });
}

describe('annotations', () => {
  it('each fault has an annotation of its level', () => {
    const { text } = reported('github', plainSamples());
    expect(commands(text)).toEqual(['notice', 'error', 'error', 'error', 'warning']);
    expect(text).toContain('::error title=refused%3A ');
  });

  it('there are at most ten annotations of a level, because GitHub shows no more', () => {
    const many = Array.from({ length: 30 }, () => judgedCommit(outcome('unsigned')));
    expect(commands(reported('github', many).text).length).toBe(10);
  });

  it('hostile text forms no workflow command (S11)', () => {
    for (const sample of hostileSamples()) {
      const { text } = reported('github', [sample]);
      expect(commands(text).length).toBe(1);
      expect(['notice', 'error', 'warning']).toContain(commands(text)[0]);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202e\u2028]/u);
    }
  });
});

describe('the outputs of a step', () => {
  it('the outputs hold only counts, whatever the commits say (S11)', () => {
    let lines = '';
    const output = (text: string): void => {
      lines += text;
    };
    reported('github', hostileSamples(), { output });
    const [line, ...rest] = lines.split('\n');
    expect(rest).toEqual(['']);
    expect(line).toMatch(/^counts=\{("[a-z-]+":\d+,?)+\}$/);
    expect(JSON.parse(line?.slice('counts='.length) ?? '')).toEqual(countsOf(hostileSamples()));
  });
});

describe('the job summary', () => {
  it('the job summary holds verdict, counts, faults and the command that repairs them', () => {
    const { summary } = reported('github', plainSamples());
    expect(summary).toContain('### git-signet: ✗ 4 of 5 commits are not verified');
    expect(summary).toContain(
      '5 commits: 1 verified, 1 refused, 1 unsigned, 1 not allowed, 1 undecided',
    );
    expect(summary).toContain(
      markdownText('to sign your own again: git signet resign origin/main..HEAD'),
    );
    const fine = reported('github', [judgedCommit(outcome('verified'))]).summary;
    expect(fine).toContain('### git-signet: ✓ 1 commit is verified');
  });

  it('the job summary says refused only if something was, and that no signer was required', () => {
    const unsigned = reported('github', [judgedCommit(outcome('unsigned'))]).summary;
    expect(unsigned).toContain('### git-signet: ✗ 1 of 1 commit is not verified');
    expect(unsigned).not.toContain('refused');
    const good = [judgedCommit(outcome('verified'))];
    expect(reported('github', good, { policy: undefined }).summary).toContain(
      '### git-signet: ! 1 commit is signed, but no signer was required',
    );
  });

  it('hostile text in the job summary is inert, with all punctuation as entities (S11)', () => {
    const { summary } = reported('github', hostileSamples());
    const ours = summary.replaceAll(/<\/?(code|details|summary)>/g, '').replaceAll(/&#\d+;/g, '');
    expect(ours).not.toMatch(/[<>@[\]`*_!$\\]|https?:|www\./);
    const rows = summary.split('\n').filter((line) => line.startsWith('|'));
    for (const row of rows) expect(row.match(/\|/g)?.length).toBe(6);
  });

  it('the job summary stays small for a long range', () => {
    const many = Array.from({ length: 5000 }, (_, i) =>
      judgedCommit(
        outcome(i % 2 ? 'verified' : 'refused', 'alice@example.test', '!'.repeat(200)),
        '@'.repeat(500),
      ),
    );
    const { summary } = reported('github', many);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    expect(summary).toContain('2200 more are not listed here');
  });
});
