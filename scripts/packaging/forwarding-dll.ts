/**
 * Writes a Windows library for x64 without code: its one export is another library's function. Wine's older versions lack
 * `bcryptprimitives.dll`, whose only function that Bun asks for does what `RtlGenRandom` does.
 * Layout: Microsoft's "PE Format". Little-endian.
 */

export interface Forwarding {
  /** File name of the library. */
  readonly name: string;
  readonly from: string;
  /** `LIBRARY.FUNCTION`, the library without `.dll`. */
  readonly to: string;
}

const HEADERS_SIZE = 0x200;
/** Where the one section stands in memory, from the library's base. */
const SECTION = 0x1000;
const PE = 64;
const OPTIONAL_HEADER = PE + 24;
const OPTIONAL_HEADER_SIZE = 240;
const SECTION_TABLE = OPTIONAL_HEADER + OPTIONAL_HEADER_SIZE;
/** DLL, executable image, large addresses. */
const CHARACTERISTICS = 0x2022;
/** Readable, initialised data. */
const SECTION_FLAGS = 0x40000040;

type Field = readonly [offset: number, size: 2 | 4, value: number];

function write(bytes: Buffer, fields: readonly Field[]): void {
  for (const [offset, size, value] of fields) bytes.writeUIntLE(value, offset, size);
}

/** The export directory (§"The .edata Section"): 40 bytes, three tables of one entry, and the names. */
function exportSection({ name, from, to }: Forwarding): Buffer {
  const names = 40 + 4 + 4 + 4;
  const [fromAt, toAt] = [names + name.length + 1, names + name.length + from.length + 2];
  const section = Buffer.alloc(names);
  write(section, [
    [12, 4, SECTION + names],
    ...[16, 20, 24].map((offset): Field => [offset, 4, 1]),
    ...[40, 44, 48].map((table, index): Field => [28 + index * 4, 4, SECTION + table]),
    // an address inside this section is the name of a function elsewhere
    [40, 4, SECTION + toAt],
    [44, 4, SECTION + fromAt],
  ]);
  return Buffer.concat([section, Buffer.from(`${name}\0${from}\0${to}\0`)]);
}

/** Returns the library's bytes. */
export function forwardingDll(forwarding: Forwarding): Buffer {
  const section = exportSection(forwarding);
  const headers = Buffer.alloc(HEADERS_SIZE);
  headers.write('MZ', 0);
  headers.write('PE', PE);
  headers.write('.rdata', SECTION_TABLE);
  const optional = (offset: number, size: 2 | 4, value: number): Field => [
    OPTIONAL_HEADER + offset,
    size,
    value,
  ];
  const fileSize = HEADERS_SIZE;
  write(headers, [
    [0x3c, 4, PE],
    // x64, one section
    [PE + 4, 2, 0x8664],
    [PE + 6, 2, 1],
    [PE + 20, 2, OPTIONAL_HEADER_SIZE],
    [PE + 22, 2, CHARACTERISTICS],
    // PE32+; the base is 0x180000000, and in memory and in the file parts are aligned
    optional(0, 2, 0x20b),
    optional(24, 4, 0x80000000),
    optional(28, 4, 1),
    optional(32, 4, SECTION),
    optional(36, 4, HEADERS_SIZE),
    // operating system and subsystem 6.0
    optional(40, 2, 6),
    optional(48, 2, 6),
    optional(56, 4, SECTION * 2),
    optional(60, 4, HEADERS_SIZE),
    // console; may be loaded anywhere
    optional(68, 2, 3),
    optional(70, 2, 0x140),
    // sixteen directories, the first is that of the exports
    optional(108, 4, 16),
    optional(112, 4, SECTION),
    optional(116, 4, section.length),
    [SECTION_TABLE + 8, 4, section.length],
    [SECTION_TABLE + 12, 4, SECTION],
    [SECTION_TABLE + 16, 4, fileSize],
    [SECTION_TABLE + 20, 4, HEADERS_SIZE],
    [SECTION_TABLE + 36, 4, SECTION_FLAGS],
  ]);
  return Buffer.concat([headers, section, Buffer.alloc(fileSize - section.length)]);
}
