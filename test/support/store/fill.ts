/** A process that keeps proofs until it is done or killed: `node fill.ts FIRST COUNT`. It prints a line after each page. */

import { opened, proved } from './proofs.ts';

const [first = 0, count = 0] = process.argv.slice(2).map(Number);
const one = opened(process.env as Record<string, string>);
if ('proofs' in one) {
  for (let number = first; number < first + count; number += 1) {
    one.proofs.keep(proved(number));
    if (number % 256 === 255) process.stdout.write(`${number}\n`);
  }
  one.close();
}
for (const line of 'said' in one ? one.said : one) process.stderr.write(`${line}\n`);
