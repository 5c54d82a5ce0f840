/** One broken promise, found in one run. */
export interface Violation {
  /** I1–I7 and I11 of the oracle; I12: who is a member; I8: the world never came to rest; `crash`: the code under test threw. */
  readonly rule: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I11' | 'I12' | 'crash';
  readonly text: string;
}

export type Report = (violation: Violation) => void;
