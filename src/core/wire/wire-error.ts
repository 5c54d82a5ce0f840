/**
 * What a far end did wrong on the wire.
 * @module
 */

export type WireErrorCode =
  /** The bytes end inside a value, or a length points past the end. */
  | 'truncated'
  /** A number of more than 64 bits, or one that must be exact and does not fit into a double. */
  | 'number-too-large'
  /** A field number of 0, an unknown kind of value, or a value of the wrong kind for its field. */
  | 'bad-field'
  /** Text that is not UTF-8. */
  | 'bad-text'
  /** Something is larger, longer or more than its bound in limits.ts. */
  | 'too-large'
  /** The first four bytes are not those of the protocol. */
  | 'bad-magic'
  /** A length below zero, or a compression that does not exist. */
  | 'bad-frame'
  /** An LZ4 block that is not one. */
  | 'bad-compression'
  /** A message that is whole and not due now. */
  | 'unexpected';

/** Malformed input. The connection that it came from is to be closed; nothing else is affected. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
