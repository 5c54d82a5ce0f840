/**
 * Why a case of the failure catalogue has no test: it cannot be run here, or nobody has written it yet. Who writes one removes
 * its line.
 * @module
 */

/** Number of the case → what keeps every machine that runs these tests from it, or why it does not exist in lanfold. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  C26: 'no version of lanfold has recorded such a name: names are checked before they are recorded (SPEC N)',
  J13: 'there is no web page in this version: nothing listens for HTTP',
  J14: 'there is no web page in this version: nothing listens for HTTP',
  J15: 'there is no web page in this version: nothing listens for HTTP',
  J16: 'there is no web page in this version: nothing listens for HTTP',
};

/** Number of the case → what is not done yet. */
export const OPEN: Readonly<Record<string, string>> = {
  C23: 'not built: a file that a peer replaces loses its extended attributes; the old one has them, in the history',
  E19: 'no test yet',
  F03: 'no test yet',
  G04: 'no test yet',
  G09: 'no test yet',
  H05: 'no test yet',
  H06: 'no test yet',
  H07: 'no test yet',
  H08: 'no test yet',
  H09: 'no test yet',
  H11: 'no test yet',
  H13: 'no test yet',
  H18: 'no test yet',
  H19: 'no test yet',
  H22: 'no test yet',
  J19: 'no test yet',
  K01: 'no test yet',
  K02: 'no test yet',
  K03: 'no test yet',
  K04: 'no test yet',
  K05: 'no test yet',
  K06: 'no test yet',
  K07: 'no test yet',
  K08: 'no test yet',
  K09: 'no test yet',
  K10: 'no test yet',
};
