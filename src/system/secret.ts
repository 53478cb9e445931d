/**
 * A value that must never appear in a message, a log, a dump or a child's arguments (threat O10). Every way to print it
 * shows a placeholder. Only `reveal` returns the text, at the place that sends it.
 */

const PLACEHOLDER = '[secret]';

export class Secret {
  #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Drops the text. A string cannot be overwritten, so memory may hold it until it is collected. */
  forget(): void {
    this.#value = '';
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return PLACEHOLDER;
  }
}
