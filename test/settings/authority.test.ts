import { describe, expect, it } from 'vitest';
import type { ConfigEntry } from '../../src/git/config.ts';
import { isOfRepository, type SettingCaller, settleEntries } from '../../src/settings/authority.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Setting } from '../../src/settings/setting.ts';
import { DEFAULTS, type SettingName } from '../../src/settings/settings.ts';
import { classOf, keyOf, SETTING_NAMES, SETTINGS } from '../../src/settings/table.ts';

type Stood = readonly [scope: string, key: string, value?: string];

const entriesOf = (stood: readonly Stood[]): readonly ConfigEntry[] =>
  stood.map(([scope, key, value]) => {
    return { scope, key: key.toLowerCase(), value, origin: `/${scope}` };
  });

function settle(
  stood: readonly Stood[],
  caller: SettingCaller = 'command',
  more: Partial<Parameters<typeof settleEntries>[1]> = {},
) {
  const none = { allowed: () => false, outweighed: () => false };
  const { counting, ignored } = settleEntries(entriesOf(stood), { caller, ...none, ...more });
  return {
    counts: Object.fromEntries([...counting].map(([name, { value }]) => [name, value])),
    ignored: ignored.map(({ key }) => key),
  };
}

/** A value that is neither the default nor stricter than it. */
function mildOf(name: SettingName): string {
  const { kind, stricter }: Setting = SETTINGS[name];
  if (Array.isArray(stricter)) return String(stricter[0]);
  if (kind === 'boolean') return 'true';
  return kind === 'seconds' || kind === 'count' ? '77' : '/elsewhere';
}
/** Settings whose mildest value is what holds anyway. */
const MILD_BY_DEFAULT: readonly SettingName[] = SETTING_NAMES.filter((name) => {
  const usual = (DEFAULTS as Readonly<Record<string, unknown>>)[name];
  return usual !== undefined && String(usual) === mildOf(name);
});

describe('the class of a setting', () => {
  it.each(SETTING_NAMES)('%s has one', (name) => {
    expect((SETTINGS[name] as Setting).class).toBeDefined();
  });

  it('a setting without a class counts as reaching', () => {
    const { class: _, ...unclassed } = SETTINGS.policy as Setting;
    const table = SETTINGS as Record<SettingName, Setting>;
    const { policy } = table;
    table.policy = unclassed;
    try {
      expect(classOf('policy')).toBe('reaching');
    } finally {
      table.policy = policy;
    }
  });

  it('a direction names values that the setting takes, and its default', () => {
    for (const name of SETTING_NAMES) {
      const { kind, stricter }: Setting = SETTINGS[name];
      if (!Array.isArray(stricter)) continue;
      const values = kind === 'boolean' ? ['true', 'false'] : kind;
      expect([name, stricter.toSorted()]).toEqual([name, [...values].toSorted()]);
      expect(stricter).toContain(String((DEFAULTS as Readonly<Record<string, unknown>>)[name]));
    }
  });
});

describe('whose value it is', () => {
  it.each(['system', 'global', 'command'])('a value of scope %s is protected', (scope) => {
    expect(isOfRepository({ key: '', value: '', origin: '', scope })).toBe(false);
  });
  it.each(['local', 'worktree', 'submodule', ''])(
    'a value of scope "%s" is the repository’s',
    (scope) => {
      expect(isOfRepository({ key: '', value: '', origin: '', scope })).toBe(true);
    },
  );
});

describe('a value that stands in the repository alone', () => {
  const told = SETTING_NAMES.filter((name) => !MILD_BY_DEFAULT.includes(name));
  const counted: Readonly<Record<SettingCaller, readonly string[]>> = {
    command: ['harmless'],
    verify: ['harmless', 'reaching'],
    sign: ['harmless', 'reaching', 'both'],
    server: ['harmless', 'reaching', 'both', 'milder'],
  };
  const rows = (Object.keys(counted) as SettingCaller[]).flatMap((caller) =>
    told.map((name) => [name, caller] as const),
  );
  it.each(rows)('signet.%s counts for a %s as its class says (P20, P21)', (name, caller) => {
    // a narrower identity always counts
    const own: Stood[] = name === 'identity' ? [['global', 'signet.identity', 'alice']] : [];
    const stood: Stood[] = [...own, ['local', keyOf(name), mildOf(name)]];
    const { counts, ignored } = settle(stood, caller);
    const expected = counted[caller].includes(classOf(name));
    expect([counts[name] === mildOf(name), ignored]).toEqual(
      expected ? [true, []] : [false, [`signet.${name}`]],
    );
  });
});

describe('a repository may always be stricter', () => {
  it.each<[string, Stood[], SettingName, string]>([
    ['matchCommitter', [['local', 'signet.matchCommitter', 'yes']], 'matchCommitter', 'yes'],
    [
      'gitsign.matchCommitter',
      [['local', 'gitsign.matchCommitter', 'true']],
      'matchCommitter',
      'true',
    ],
    [
      'publishIdentity',
      [
        ['global', 'signet.publishIdentity', 'yes'],
        ['local', 'signet.publishIdentity', 'ask'],
      ],
      'publishIdentity',
      'ask',
    ],
    ['publishIdentity', [['local', 'signet.publishIdentity', 'no']], 'publishIdentity', 'no'],
    [
      'log',
      [
        ['global', 'signet.log', 'none'],
        ['local', 'signet.log', 'required'],
      ],
      'log',
      'required',
    ],
    [
      'ctLog',
      [
        ['global', 'signet.ctLog', 'none'],
        ['local', 'signet.ctLog', 'required'],
      ],
      'ctLog',
      'required',
    ],
    ['offline', [['local', 'signet.offline', 'on']], 'offline', 'on'],
    [
      'trustWithoutPolicy',
      [
        ['global', 'signet.trustWithoutPolicy', 'full'],
        ['local', 'signet.trustWithoutPolicy', 'undefined'],
      ],
      'trustWithoutPolicy',
      'undefined',
    ],
    [
      'an identity where none is expected',
      [['local', 'signet.identity', 'alice']],
      'identity',
      'alice',
    ],
    [
      'what the person says too',
      [
        ['global', 'signet.trust', '/t'],
        ['local', 'signet.trust', '/t'],
      ],
      'trust',
      '/t',
    ],
  ])('%s', (_name, stood, name, value) => {
    expect(settle(stood)).toEqual({ counts: { [name]: value }, ignored: [] });
  });

  it.each<[string, Stood[], SettingName, string | undefined]>([
    [
      'matchCommitter = false',
      [
        ['global', 'signet.matchCommitter', 'true'],
        ['local', 'signet.matchCommitter', 'false'],
      ],
      'matchCommitter',
      'true',
    ],
    [
      'matchCommitter = false over gitsign’s key',
      [
        ['global', 'gitsign.matchCommitter'],
        ['local', 'signet.matchCommitter', 'no'],
      ],
      'matchCommitter',
      undefined,
    ],
    [
      'publishIdentity = yes',
      [
        ['global', 'signet.publishIdentity', 'no'],
        ['local', 'signet.publishIdentity', 'yes'],
      ],
      'publishIdentity',
      'no',
    ],
    [
      'publishIdentity = ask over no',
      [
        ['global', 'signet.publishIdentity', 'no'],
        ['local', 'signet.publishIdentity', 'ask'],
      ],
      'publishIdentity',
      'no',
    ],
    [
      'offline = false',
      [
        ['global', 'signet.offline', 'true'],
        ['local', 'signet.offline', 'false'],
      ],
      'offline',
      'true',
    ],
    [
      'another identity',
      [
        ['global', 'signet.identity', 'alice'],
        ['local', 'signet.identity', 'bob'],
      ],
      'identity',
      'alice',
    ],
    [
      'no policy where there is one',
      [
        ['global', 'signet.policy', '/p'],
        ['local', 'signet.policy', ''],
      ],
      'policy',
      '/p',
    ],
    [
      'an unreadable boolean',
      [
        ['global', 'signet.offline', 'true'],
        ['local', 'signet.offline', 'perhaps'],
      ],
      'offline',
      'true',
    ],
  ])('a milder value of a repository does not count: %s (P20)', (_name, stood, name, value) => {
    const { counts, ignored } = settle(stood);
    expect([counts, ignored]).toEqual([{ [name]: value }, [`signet.${name}`]]);
  });
});

describe('what is allowed', () => {
  const stood: Stood[] = [
    ['global', 'signet.policy', '/mine'],
    ['local', 'signet.policy', '/theirs'],
    ['worktree', 'signet.since', 'abc'],
  ];
  it('an allowed value counts, value by value', () => {
    const allowed = ({ value }: ConfigEntry) => value === '/theirs';
    expect(settle(stood, 'command', { allowed })).toEqual({
      counts: { policy: '/theirs' },
      ignored: ['signet.since'],
    });
  });
  it('an allowed value does not count after another value took its place (P20)', () => {
    const allowed = ({ value }: ConfigEntry) => value === '/before';
    expect(settle(stood, 'verify', { allowed })).toEqual({
      counts: { policy: '/mine' },
      ignored: ['signet.policy', 'signet.since'],
    });
  });
  it('an agent never shares allowed values with other repositories (P21)', () => {
    const own: Stood[] = [
      ['local', 'signet.keyring', 'true'],
      ['local', 'signet.agentIdle', '9'],
    ];
    for (const caller of ['command', 'sign', 'verify', 'server'] as const) {
      expect(settle(own, caller, { allowed: () => true })).toEqual({
        counts: {},
        ignored: ['signet.keyring', 'signet.agentIdle'],
      });
    }
  });
});

describe('whose word is louder', () => {
  it('git -c outweighs the repository, and nothing is said', () => {
    const stood: Stood[] = [
      ['local', 'signet.policy', '/theirs'],
      ['command', 'signet.policy', '/typed'],
    ];
    expect(settle(stood)).toEqual({ counts: { policy: '/typed' }, ignored: [] });
  });
  it('so does a flag or a variable', () => {
    const outweighed = (name: SettingName) => name === 'policy';
    expect(settle([['local', 'signet.policy', '/theirs']], 'command', { outweighed })).toEqual({
      counts: {},
      ignored: [],
    });
  });
  it('gitsign’s keys are of the same class as ours (P21)', () => {
    const stood: Stood[] = [
      ['local', 'gitsign.fulcio', 'https://evil.test'],
      ['local', 'gitsign.urlOpener', 'evil'],
    ];
    expect(settle(stood)).toEqual({ counts: {}, ignored: ['gitsign.fulcio', 'gitsign.urlopener'] });
    expect(settle(stood, 'sign').counts).toEqual({
      fulcioUrl: 'https://evil.test',
      urlOpener: 'evil',
    });
  });
  it('the person’s gitsign.* holds where a signet.* of the repository does not count', () => {
    const stood: Stood[] = [
      ['global', 'gitsign.fulcio', 'https://ours.test'],
      ['local', 'signet.fulcioUrl', 'https://evil.test'],
    ];
    expect(settle(stood)).toEqual({
      counts: { fulcioUrl: 'https://ours.test' },
      ignored: ['signet.fulcioUrl'],
    });
  });
  it('a worktree is the repository too (P20)', () => {
    expect(settle([['worktree', 'signet.policy', '/theirs']]).ignored).toEqual(['signet.policy']);
  });
});

describe('loadSettings', () => {
  const text = 'local\0file:.git/config\0signet.policy\n/theirs\0';
  it('the list of ignored values names each file, and takes the strictest caller (P20)', async () => {
    const settings = await loadSettings({ env: {}, cwd: '/', gitConfig: text });
    expect([settings.policy, settings.ignored]).toEqual([
      undefined,
      [{ name: 'policy', key: 'signet.policy', origin: '.git/config', allowable: true }],
    ]);
  });
  it('no value is listed if every value counts', async () => {
    const mine = text.replace('local', 'global');
    const settings = await loadSettings({ env: {}, cwd: '/', gitConfig: mine });
    expect([settings.policy, settings.ignored]).toEqual(['/theirs', undefined]);
  });
});
