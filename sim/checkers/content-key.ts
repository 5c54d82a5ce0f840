import { hash } from 'node:crypto';

/** Names a content; equal contents have equal keys. Contents are values, so each is hashed once. */
export class ContentKeys {
  readonly #known = new WeakMap<Uint8Array, string>();

  of(content: Uint8Array): string {
    let key = this.#known.get(content);
    if (key === undefined) {
      key = `${content.length}:${hash('sha1', content, 'hex')}`;
      this.#known.set(content, key);
    }
    return key;
  }
}

/** The beginning of a content, for people. */
export function excerpt(content: Uint8Array): string {
  return `${JSON.stringify(Buffer.from(content.subarray(0, 40)).toString())} (${content.length} bytes)`;
}
