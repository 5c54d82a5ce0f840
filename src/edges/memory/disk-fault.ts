/**
 * What a disk in memory refuses, by the system's codes.
 * @module
 */
export type DiskFaultCode = 'ENOENT' | 'EEXIST' | 'ENOTDIR' | 'EISDIR' | 'ENOTEMPTY' | 'EINVAL' | 'ENAMETOOLONG';

/** The system's refusal. */
export class DiskFault extends Error {
  override readonly name = 'DiskFault';
  readonly code: DiskFaultCode;

  constructor(code: DiskFaultCode, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}
