/** Contrast of the colours in a style sheet, after WCAG 2.2 (relative luminance, contrast ratio). */

export type Colours = ReadonlyMap<string, string>;

/** The variables of a `:root` rule, by name. */
function variables(rule: string): Colours {
  return new Map(
    [...rule.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})\b/gi)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** The variables in the light and in the dark setting. */
export function schemes(style: string): readonly (readonly [name: string, colours: Colours])[] {
  const at = style.indexOf('@media(prefers-color-scheme:dark)');
  const light = /:root\{([^}]*)\}/.exec(style)?.[1] ?? '';
  const dark = /:root\{([^}]*)\}/.exec(style.slice(at))?.[1] ?? '';
  return [
    ['light', variables(light)],
    ['dark', new Map([...variables(light), ...variables(dark)])],
  ];
}

/** Red, green and blue from 0 to 255, of `#abc` or `#aabbcc`. */
function channels(colour: string): readonly number[] {
  const digits = colour.slice(1);
  const whole = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return [0, 2, 4].map((at) => Number.parseInt(whole.slice(at, at + 2), 16));
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast ratio of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** A pair of a text colour and a ground that a style sheet makes possible. */
export interface Pair {
  readonly scheme: string;
  readonly text: string;
  readonly ground: string;
  readonly ratio: number;
}

const GROUNDS = /^(page|card|.*-tint)$/;

/**
 * Every pair of text and ground that the rules of a style sheet allow: the ground of the same rule if it has one, or else
 * every ground. Throws for a colour that is no variable, and for an unknown variable, because no test would compare it.
 */
export function pairsOf(style: string): readonly Pair[] {
  const rules = [...style.matchAll(/[^{}]+\{([^{}]*)\}/g)].map(([, body = '']) => body);
  const found = new Map<string, Pair>();
  for (const [scheme, colours] of schemes(style)) {
    const grounds = [...colours.keys()].filter((name) => GROUNDS.test(name));
    const colourOf = (name: string): string => {
      const colour = colours.get(name);
      if (colour === undefined) throw new Error(`--${name} has no colour (${scheme})`);
      return colour;
    };
    for (const body of rules) {
      const [, value] = /(?:^|[;\s])(?:color|fill):([^;}]+)/.exec(body) ?? [];
      const [, text] = /^var\(--([\w-]+)\)$/.exec(value?.trim() ?? '') ?? [];
      if (value === undefined || value === 'inherit') continue;
      if (text === undefined) throw new Error(`a colour that is no variable: ${value}`);
      const ground = /(?:^|[;\s])background:var\(--([\w-]+)\)/.exec(body)?.[1];
      // what stands on the page is inherited by what stands on the other grounds
      const own = ground === 'page' ? undefined : ground;
      for (const ground of own === undefined ? grounds : [own]) {
        const ratio = contrast(colourOf(text), colourOf(ground));
        found.set(`${scheme} ${text} ${ground}`, { scheme, text, ground, ratio });
      }
    }
  }
  return [...found.values()];
}
