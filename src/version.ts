/** The version of package.json, where it costs nothing to read. */
export const VERSION = '0.1.0';
