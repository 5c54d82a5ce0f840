/**
 * What a test needs and a machine may lack: a program, a right, a system.
 * @module
 */

/**
 * The reason, if there is one, for which a test is skipped here: `test(title, { skip: reason ?? false }, …)`. Under CI that is an error:
 * nothing may be skipped there.
 * @param what what cannot be done for want of it: "test with disks".
 */
export function skippedHere(what: string, reason: string | undefined): string | undefined {
  if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`Cannot ${what}: ${reason}`);
  return reason;
}

/** What is said when it does not work; undefined when it does. */
export function failureOf(what: string, attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return `${what} fails: ${(error as Error).message}`;
  }
}
