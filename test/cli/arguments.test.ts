import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';

const spec = {
  options: { undo: 'switch', format: 'value', sign: 'list' },
  short: { f: 'format', u: 'undo' },
  settings: ['trust', 'rekorUrl', 'offline'],
} as const;
const parse = (...args: string[]) => parseArguments(args, spec);

describe('arguments of commands', () => {
  it('long and short, joined and split, anywhere', () => {
    const parsed = parse(
      'HEAD',
      '--format=json',
      '-u',
      'x',
      '--sign',
      'a',
      '--sign=b',
      '--',
      '--rest',
      '-x',
    );
    expect([...parsed.switches]).toEqual(['undo']);
    expect(parsed.values.get('format')).toBe('json');
    expect(parsed.lists.get('sign')).toEqual(['a', 'b']);
    expect(parsed.positionals).toEqual(['HEAD', 'x']);
    expect(parsed.rest).toEqual(['--rest', '-x']);
  });
  it.each([['-fjson'], ['-f', 'json'], ['-uf', 'json'], ['--format', 'json']])(
    '%s %s',
    (...args) => {
      expect(parse(...args.filter((each) => each !== undefined)).values.get('format')).toBe('json');
    },
  );
  it('settings as flags, by their kebab name or alias', () => {
    expect(parse('--trusted-root', 'x', '--rekor-url=y', '--offline').flags).toEqual({
      trust: 'x',
      rekorUrl: 'y',
      offline: 'true',
    });
    expect(parse('--offline=no').flags).toEqual({ offline: 'no' });
  });
  it('I01 behind --end-of-options a dash is no option', () => {
    expect(parse('--end-of-options', '--undo').positionals).toEqual(['--undo']);
    expect(parse('-').positionals).toEqual(['-']);
  });
  it.each([
    [['--ca-roots', 'x'], /unknown option --ca-roots/],
    [['--fulcio-url', 'x'], /unknown option --fulcio-url/],
    [['-x'], /unknown option -x/],
    [['--undo=1'], /--undo takes no value/],
    [['--format'], /--format needs a value/],
    [['-f'], /--format needs a value/],
    [['--__proto__'], /unknown option --__proto__/],
    [['--constructor'], /unknown option --constructor/],
  ])('F3 refuses %j, exit 2', (args, says) => {
    expect(() => parse(...args)).toThrow(says);
    expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
  it('says what was meant', () => {
    expect(() => parse('--formt=json')).toThrow(
      expect.objectContaining({ hint: 'did you mean --format?' }),
    );
  });
});
