/**
 * Why a case of the failure catalogue has no test: it cannot be run here, or nobody has written it yet. Who writes one removes
 * its line.
 * @module
 */

/** Number of the case → what keeps every machine that runs these tests from it, or why it does not exist in lanfold. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  C26: 'no version of lanfold has recorded such a name: names are checked before they are recorded (SPEC N)',
  E19: 'lanfold has no folders that only send or only receive',
  G09: 'all versions of lanfold so far have the same form of records: there is none to upgrade from (SPEC K14 holds the way back)',
  J13: 'there is no web page in this version: nothing listens for HTTP',
  J14: 'there is no web page in this version: nothing listens for HTTP',
  J15: 'there is no web page in this version: nothing listens for HTTP',
  J16: 'there is no web page in this version: nothing listens for HTTP',
};

/** Number of the case → what is not done yet. */
export const OPEN: Readonly<Record<string, string>> = {
  C23: 'not built: a file that a peer replaces loses its extended attributes; the old one has them, in the history',
  F03: 'no test yet',
  G04: 'not built: an old copy of a folder that is put back is taken for edits; what they replace is in the history of the others',
  H05: 'the delay is missing: network namespaces make loss and rates here, but no packet late (tc netem is in few kernels)',
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
  K01: 'takes longer than tests may',
  K02: 'no test yet',
  K03: 'no test yet',
  K04: 'takes a day',
  K05: 'takes longer than tests may; sim/links.test.ts makes a hundred',
  K06: 'no test yet',
  K07: 'no test yet',
  K08: 'no test yet',
  K10: 'no test yet',
};
