/** A program: judges Wycheproof's vectors with the crypto port of the runtime that it runs on; prints what held, by file. */

import { loadCrypto } from '../../src/system/crypto-port.ts';
import { heldCases, readWycheproof } from './wycheproof.ts';

const crypto = await loadCrypto();
const held: [name: string, cases: readonly number[]][] = [];
for (const file of readWycheproof(new URL(process.argv[2] ?? '')))
  held.push([file.name, await heldCases(file, crypto)]);
process.stdout.write(JSON.stringify(Object.fromEntries(held)));
