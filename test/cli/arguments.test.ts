import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { settingOption } from '../../src/cli/options.ts';
import type { ArgumentSpec } from '../../src/cli/spec.ts';

const meaning = 'for tests';
const spec: ArgumentSpec = {
  options: {
    undo: { short: 'u', meaning },
    format: { short: 'f', takes: 'text', meaning },
    sign: { takes: 'text', repeated: true, meaning },
    kind: { takes: ['a', 'b'], meaning },
    'trusted-root': settingOption('trust'),
    'rekor-url': settingOption('rekorUrl'),
    offline: settingOption('offline'),
  },
  exclusive: [['undo', 'kind']],
  positionals: [{ name: 'WHAT', takes: 'text', optional: true, repeated: true }],
  rest: 'REST',
};
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
    expect(parse('--offline=no', '--trust=y').flags).toEqual({ offline: 'no', trust: 'y' });
  });
  it('after --end-of-options a word with a dash is no option (I01)', () => {
    expect(parse('--end-of-options', '--undo').positionals).toEqual(['--undo']);
    expect(parse('-').positionals).toEqual(['-']);
  });
  it.each([
    [['--ca-roots', 'x'], /unknown option --ca-roots/],
    [['--fulcio-url', 'x'], /unknown option --fulcio-url/],
    [['-x'], /unknown option -x/],
    [['--kind', 'c'], /--kind c: expected a or b/],
    [['--kind=a', '--undo'], /--undo and --kind: only one of them/],
    [['--undo=1'], /--undo takes no value/],
    [['--format'], /--format needs a value/],
    [['-f'], /--format needs a value/],
    [['--__proto__'], /unknown option --__proto__/],
    [['--constructor'], /unknown option --constructor/],
  ])('the arguments %j are refused with exit 2 (F3)', (args, says) => {
    expect(() => parse(...args)).toThrow(says);
    expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
  it('says what was meant', () => {
    expect(() => parse('--formt=json')).toThrow(
      expect.objectContaining({ hint: 'did you mean --format?' }),
    );
  });

  it('what stands behind -- is positional where a command says nothing of it', () => {
    const { rest: _, ...plain } = spec;
    expect(parseArguments(['a', '--', '--undo'], plain)).toMatchObject({
      ...{ positionals: ['a', '--undo'], rest: [] },
    });
  });

  it('what a command passes on keeps its order, and its own options are taken out of it', () => {
    const { rest: _, ...plain } = spec;
    const passing = { ...plain, passesTo: 'git log' };
    const words = ['-u', '--graph', '--format=json', '--since', 'x', '--', '--undo'];
    const { positionals, values, switches } = parseArguments(words, passing);
    expect(positionals).toEqual(['-u', '--graph', '--since', 'x', '--', '--undo']);
    expect([values.get('format'), switches.size]).toEqual(['json', 0]);
  });

  const file = { name: 'FILE', takes: 'file' } as const;
  const words = { name: 'start | stop', takes: ['start', 'stop'] } as const;
  it.each([
    [[file], [], 'missing: FILE', 'git signet x FILE'],
    [[file], ['a', 'b'], 'unexpected argument b', undefined],
    [[], ['a'], 'unexpected argument a', undefined],
    [[words], ['stat'], "'stat': expected start or stop", 'did you mean: git signet x start'],
  ])('with %j, the words %j are refused', (positionals, given, message, hint) => {
    expect(() => parseArguments(given, { positionals }, 'x')).toThrow(
      expect.objectContaining({ message, hint, exitCode: 2 }),
    );
  });
});
