import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  askKeyring,
  keyringAddress,
  keyringProblem,
  openKeyring,
} from '../../../src/agent/keyring/keyring.ts';
import {
  answerWith,
  type KeyringLibrary,
  openEntry,
  sealEntry,
  WINDOWS_LIMIT,
} from '../../../src/agent/keyring/library.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const directory = scratchDirectory('keyring');
const entry = new URL('../../../src/main.ts', import.meta.url).pathname;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A keyring in memory; `fault` is thrown by whatever is called. */
function memory(
  kept: Map<string, string> = new Map(),
  options: { readonly fault?: string; readonly cut?: number; readonly fixed?: boolean } = {},
): KeyringLibrary {
  return {
    Entry: class {
      readonly #name: string;
      constructor(service: string, address: string) {
        if (options.fault !== undefined) throw new Error(options.fault);
        this.#name = `${service} ${address}`;
      }
      getPassword = () => kept.get(this.#name) ?? null;
      setPassword = (password: string) => void kept.set(this.#name, password.slice(0, options.cut));
      deletePassword = () => options.fixed !== true && kept.delete(this.#name);
    },
    findCredentials: (service) =>
      [...kept.keys()]
        .filter((name) => name.startsWith(`${service} `))
        .map((name) => ({ account: name.slice(service.length + 1) })),
  };
}

describe('an entry of the keyring', () => {
  const address = 'ab12:alice@example.test';

  it('a secret comes back as it was, under its own address only (D19)', () => {
    const kept = new Map<string, string>();
    const library = memory(kept);
    expect(answerWith(library, { operation: 'set', address, secret: 'refresh' })).toEqual({
      done: true,
    });
    expect(answerWith(library, { operation: 'get', address })).toEqual({
      done: true,
      secret: 'refresh',
    });
    expect(answerWith(library, { operation: 'get', address: 'ab12:bob' })).toEqual({ done: true });
    expect(answerWith(library, { operation: 'delete', address })).toEqual({ done: true });
    expect(kept.size).toBe(0);
    expect(answerWith(library, { operation: 'delete', address })).toEqual({ done: true });
  });

  it('a logout clears all entries but those of other programs, and says which stay (D20)', () => {
    const kept = new Map([
      ['git-signet foreign', 'theirs'],
      ['other x', 'theirs'],
    ]);
    const library = memory(kept);
    for (const one of [address, 'cd34:bob@example.test']) {
      answerWith(library, { operation: 'set', address: one, secret: 'refresh' });
    }
    expect(answerWith(library, { operation: 'clear', address: '' })).toEqual({ done: true });
    expect([...kept.keys()]).toEqual(['git-signet foreign', 'other x']);
    answerWith(library, { operation: 'set', address, secret: 'refresh' });
    const stuck = memory(kept, { fixed: true });
    expect(answerWith(stuck, { operation: 'clear', address: '' })).toEqual({
      done: false,
      problem: 'entries of git-signet that cannot be deleted: 1',
    });
  });

  it('every expectation has an address of its own (D19)', () => {
    const expectations = [
      ...[
        '',
        'alice@example.test',
        'Alice <alice@example.test>',
        'Alic\u00e9 <alice@example.test>',
      ],
      ...['Alice%20<alice@example.test>', '\ud800', '\ufffd x'],
    ];
    const addresses = expectations.map((each) => keyringAddress('ab12', each));
    expect(addresses.every((each) => /^[\x21-\x7e]{1,400}$/.test(each))).toBe(true);
    expect(new Set(addresses).size).toBe(expectations.length);
    expect(addresses[1]).toBe('ab12:alice@example.test');
  });

  it('a cut entry, one of another address and one of another program give no secret (D19)', () => {
    const sealed = sealEntry(address, 'refresh');
    expect(openEntry(address, sealed)).toBe('refresh');
    expect(openEntry(address, sealed.slice(0, -1))).toBeUndefined();
    expect(openEntry('ab12:bob@example.test', sealed)).toBeUndefined();
    expect(openEntry(address, 'refresh')).toBeUndefined();
    expect(openEntry(address, null)).toBeUndefined();
  });

  it('another program’s entry is neither overwritten nor deleted (D19)', () => {
    const kept = new Map([[`git-signet ${address}`, 'theirs']]);
    for (const operation of ['set', 'delete'] as const) {
      expect(answerWith(memory(kept), { operation, address, secret: 'x' }).done).toBe(false);
    }
    expect([...kept.values()]).toEqual(['theirs']);
  });

  it('a secret that is longer than Windows takes is refused, and the longest that fits is kept (D19)', () => {
    const kept = new Map<string, string>();
    const longest = WINDOWS_LIMIT - sealEntry(address, '').length;
    const set = (length: number) =>
      answerWith(
        memory(kept),
        { operation: 'set', address, secret: 'x'.repeat(length) },
        WINDOWS_LIMIT,
      );
    expect(set(longest + 1)).toMatchObject({ done: false, problem: expect.any(String) });
    expect(kept.size).toBe(0);
    expect(set(longest)).toEqual({ done: true });
  });

  it('a secret that the keyring did not keep whole counts as not kept (D19)', () => {
    const library = memory(new Map(), { cut: 10 });
    expect(answerWith(library, { operation: 'set', address, secret: 'refresh' }).done).toBe(false);
  });

  it('an address with blanks or control characters is refused (D19)', () => {
    for (const odd of ['', 'a b', 'a\nb', 'é', 'x'.repeat(401)]) {
      expect(answerWith(memory(), { operation: 'get', address: odd }).done).toBe(false);
    }
  });
});

describe('a keyring that is not there', () => {
  it('an absent keyring gives a reason for doctor (D19)', async () => {
    const env = { HOME: directory, PATH: process.env['PATH'] };
    expect(await openKeyring({ env, entry })).toBeUndefined();
    expect(await keyringProblem({ env, entry })).toMatch(/\w/);
  });

  it('a helper that cannot run counts as an absent keyring (D19)', async () => {
    const odd = join(directory, 'absent.ts');
    expect(await askKeyring({ operation: 'probe', address: 'x' }, { entry: odd })).toEqual({
      done: false,
      problem: expect.any(String),
    });
  });

  it('a helper that hangs is ended at its deadline, and the secret is in no argument and no message (D19 O10)', async () => {
    const path = join(directory, 'bus');
    const ended: Promise<void>[] = [];
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      ended.push(new Promise((resolve) => socket.once('close', () => resolve())));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const env = {
      HOME: directory,
      PATH: process.env['PATH'],
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}`,
    };
    const options = { env, entry, deadline: 3 };
    const question = { operation: 'set', address: 'x', secret: 'refresh' } as const;
    const answer = await askKeyring(question, options);
    expect(answer).toEqual({ done: false, problem: expect.any(String) });
    // it did reach the bus, and its end of the line is closed: no process is left there
    expect(ended.length).toBeGreaterThan(0);
    await Promise.all(ended);
    server.close();
  });
});
