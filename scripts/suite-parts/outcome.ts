/**
 * What a suite's tests came to, beside what is known to fail. The list of those is exact: a failure that it does not
 * name, a test of it that passes and one that did not run at all are failures of the run.
 */

/** The suite cannot be had here; the message says why. */
export class Unavailable extends Error {}

export interface TestResult {
  /** Script or module. */
  readonly file: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Of a skipped test. */
  readonly why?: string;
  /** What the test printed, where it failed. */
  readonly log?: string;
}

export interface ExpectedFailure {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
  /** Part of its log: it must fail in this way and in no other. */
  readonly says: string;
}

export interface Outcome {
  readonly title: string;
  readonly results: readonly TestResult[];
  readonly expected: readonly ExpectedFailure[];
  readonly seconds: number;
}

export interface Compared {
  readonly passed: number;
  readonly skipped: number;
  /** Failures that are on the list. */
  readonly known: readonly ExpectedFailure[];
  /** The unexpected results, one line each. */
  readonly surprises: readonly string[];
}

const nameOf = ({ file, name }: Pick<TestResult, 'file' | 'name'>): string => `${file}: ${name}`;

/** Compares results with the list, in both directions. */
export function compare(
  results: readonly TestResult[],
  expected: readonly ExpectedFailure[],
): Compared {
  const list = new Map(expected.map((one) => [nameOf(one), one]));
  const seen = new Map(results.map((one) => [nameOf(one), one]));
  const counted = (state: TestResult['state']): number =>
    results.filter((one) => one.state === state).length;
  const unlisted = results.filter(
    (one) => one.state === 'failed' && list.get(nameOf(one)) === undefined,
  );
  const known: ExpectedFailure[] = [];
  const surprises = unlisted.map((one) => `failed: ${nameOf(one)}`);
  for (const [name, one] of list) {
    const { state = 'not run', log = '' } = seen.get(name) ?? {};
    if (state !== 'failed') surprises.push(`expected to fail, but ${state}: ${name}`);
    else if (!log.includes(one.says)) surprises.push(`failed in another way: ${name}`);
    else known.push(one);
  }
  return { passed: counted('passed'), skipped: counted('skipped'), known, surprises };
}

/** Prints the comparison and the closing line. Returns the exit code: 0 where nothing surprised. */
export function printOutcome({ title, results, expected, seconds }: Outcome): number {
  const { passed, skipped, known, surprises } = compare(results, expected);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const named = new Set(known.map(nameOf));
  for (const one of results)
    if (one.log !== undefined && !named.has(nameOf(one))) say(`--- ${nameOf(one)}\n${one.log}`);
  say(`${title}: ${Math.round(seconds)} s`);
  const reasons = Map.groupBy(results, ({ why }) => why);
  for (const [why, all] of reasons) if (why !== undefined) say(`skipped ${all.length}: ${why}`);
  for (const { file, name, reason } of known) say(`known: ${file}: ${name}\n  ${reason}`);
  for (const line of surprises) say(line);
  const more = skipped === 0 ? '' : `, ${skipped} skipped`;
  if (known.length > 0) say(`${known.length} failed as expected`);
  say(`${passed} passed, ${surprises.length} failed${more}`);
  return surprises.length === 0 && passed > 0 ? 0 : 1;
}
