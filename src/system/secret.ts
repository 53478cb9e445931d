/**
 * A value that must never reach a message, a log, a dump or a child's arguments (threat O10).
 * However it is printed it shows a placeholder; only `reveal` gives the text, where it is sent.
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

  /** Lets go of the text. A string cannot be overwritten: until it is collected, memory may still hold it. */
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
