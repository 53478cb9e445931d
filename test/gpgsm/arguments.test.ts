import { describe, expect, it } from 'vitest';
import { type GpgsmCall, readGpgsmCall } from '../../src/gpgsm/arguments.ts';

const call = (line: string): GpgsmCall => readGpgsmCall(line.split(' '));

describe('recorded callers', () => {
  const sign: Partial<GpgsmCall> = { action: 'sign', armor: true, positionals: [] };
  const verify: Partial<GpgsmCall> = {
    action: 'verify',
    armor: false,
    positionals: ['/scratch/sig', '-'],
  };
  it.each<[string, readonly string[], Partial<GpgsmCall>]>([
    [
      'git commit -S',
      ['--status-fd=2', '-bsau', 'Alice Example <alice@example.test>'],
      { ...sign, statusDescriptor: 2, localUser: 'Alice Example <alice@example.test>' },
    ],
    [
      'git verify-commit',
      ['--status-fd=1', '--verify', '/scratch/sig', '-'],
      { ...verify, statusDescriptor: 1 },
    ],
    [
      'git with a keyid format',
      ['--keyid-format=long', '--status-fd=1', '--verify', '/scratch/sig', '-'],
      verify,
    ],
    ['jj sign', ['-abu', 'alice@example.test'], { ...sign, statusDescriptor: -1 }],
    [
      'jj verify',
      ['--keyid-format=long', '--status-fd=1', '--verify', '/scratch/sig', '-'],
      verify,
    ],
    ['gitui sign', ['--status-fd', '2', '-bsau', 'KEY'], { ...sign, statusDescriptor: 2 }],
    ['gitui sign, split', ['--status-fd=2', '-b', '-s', '-a', '-u', 'KEY'], sign],
    ['GitButler', ['--status-fd=2', '-bsau', 'KEY', '-'], { ...sign, positionals: ['-'] }],
    [
      'JGit',
      ['--batch', '--no-tty', '--status-fd', '2', '-bsau', 'KEY'],
      { ...sign, unattended: true },
    ],
    ['long, joined', ['--detach-sign', '--armor', '--local-user=KEY', '--status-fd=2'], sign],
    ['long, split', ['--armor', '--detach-sign', '--local-user', 'KEY'], sign],
    ['deprecated alias', ['--detached-sign', '-a', '-uKEY'], sign],
    [
      'a key that looks like an option',
      ['-bsau', '--version'],
      { ...sign, localUser: '--version' },
    ],
    ['key joined to letters', ['-bsauKEY'], { ...sign, localUser: 'KEY' }],
    ['certificates', ['--include-certs', '-2', '-bsau', 'KEY'], sign],
    ['certificates, joined', ['--include-certs=1', '-bsau', 'KEY'], sign],
    ['verify, short and last', ['/scratch/sig', '-', '-v'], verify],
    [
      'options behind the files',
      ['--verify', '/scratch/sig', '-', '--status-fd', '1'],
      { ...verify, statusDescriptor: 1 },
    ],
    [
      'end of options',
      ['--verify', '--', '-sig', '-'],
      { action: 'verify', positionals: ['-sig', '-'] },
    ],
    [
      'a token on stdin, a message in a file',
      ['-bsa', '--token-stdin', 'message'],
      { ...sign, tokenOnStdin: true, positionals: ['message'] },
    ],
    ['message file', ['-bsa', '-u', 'KEY', 'message'], { ...sign, positionals: ['message'] }],
    ['no key', ['-bsa'], { ...sign, localUser: '' }],
    ['a descriptor of its own', ['--status-fd=7', '-bsau', 'KEY'], { statusDescriptor: 7 }],
    ['help among others', ['-bsau', 'KEY', '-h'], { action: 'help' }],
    ['version among others', ['--batch', '--version'], { action: 'version' }],
  ])('%s', (_name, args, expected) => {
    expect(readGpgsmCall(args)).toMatchObject(expected);
  });
});

describe('an unknown or wrong argument is refused with exit 2 (F3)', () => {
  it.each([
    ['--ca-roots=x --verify a -', /unknown option --ca-roots/],
    ['--ca-intermediates x --verify a -', /unknown option --ca-intermediates/],
    ['--sct x --verify a -', /unknown option --sct/],
    ['--insecure-ignore-sct --verify a -', /unknown option/],
    ['-bsaxu KEY', /unknown option -x/],
    ['-z', /unknown option -z/],
    ['--Verify a -', /unknown option --Verify/],
    ['--veri a -', /unknown option --veri/],
    ['--constructor', /unknown option --constructor/],
    ['-s -b --verify a -', /cannot be used together/],
    ['-s -v a -', /cannot be used together/],
    ['-b -v a -', /cannot be used together/],
    ['-s -a -u KEY', /attached signatures are not supported/],
    ['--verify a', /attached signatures are not supported/],
    ['--verify', /attached signatures are not supported/],
    ['--verify a b c', /unexpected argument c/],
    ['-bsau KEY a b', /unexpected argument b/],
    ['-a', /--sign or --verify is missing/],
    ['--status-fd=1', /--sign or --verify is missing/],
    ['--verify a - --status-fd', /--status-fd needs a value/],
    ['-bsau', /-u needs a value/],
    ['--verify a - --status-fd=x', /--status-fd must be a number, not x/],
    ['--verify a - --status-fd=-2', /must be a number/],
    ['--verify a - --status-fd=', /must be a number/],
    ['--verify a - --status-fd=1e3', /must be a number/],
    ['--verify a - --status-fd=0x1', /must be a number/],
    ['--verify a - --status-fd=1.5', /must be a number/],
    ['--verify a - --status-fd=1000000', /must be a number/],
    ['--verify a - --status-fd=0', /not a descriptor/],
    ['--include-certs=all --verify a -', /--include-certs must be a number, not all/],
    ['--verify=a -', /--verify takes no value/],
  ])('%s', (line, says) => {
    expect(() => call(line)).toThrow(says);
    expect(() => call(line)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it('an unknown option leads to the one that was meant', () => {
    expect(() => call('--verfy a -')).toThrow(
      expect.objectContaining({ hint: 'did you mean --verify?' }),
    );
  });
});
