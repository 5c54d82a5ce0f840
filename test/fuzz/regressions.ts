/**
 * Inputs that once broke a promise. They stay.
 * @module
 */

/** Target, input in hex, what became of it. */
export type Regression = readonly [target: string, hex: string, was: string];

export const REGRESSIONS: readonly Regression[] = [
  ['typed-time', '2b3237353736302d30392d3133000000000000', 'the last day that there is gave no time at all'],
  ['typed-address', '5b5b5d3a31', 'a bracket in brackets was a host'],
  ['typed-address', hexOf(`${'1:2:3:'.repeat(1200)}[`), 'many colons took the cube of their number'],
  ['wire-Hello', 'd0808080800000', 'the number of a field in six bytes was read where others refuse it'],
  ['typed-place', '202e2e', 'a label of a space and two dots led to the directory above'],
  ['typed-place', '2e202e2e', 'what was left of a label of dots and spaces was ".."'],
  [
    'configuration',
    hexOf('{"version":{"valueOf":1,"toString":1},"peers":[],"folders":[]}'),
    'a version that is no number threw a TypeError',
  ],
  [
    'configuration',
    hexOf('{"version":1,"peers":[{"id":"A","addresses":[],"addedMs":1e999}],"folders":[]}'),
    'it was written back as null, and never read again',
  ],
  [
    'neighbours-ip-neigh',
    hexOf('[{"dst":"fe80::1%a\\nb","dev":"e","lladdr":"02:00:00:00:00:01","state":["STALE"]}]'),
    'a zone with a line end stayed part of the address',
  ],
  ['record-store-file', '01dc00616100', 'a row of the wrong kind was a TypeError, for ever'],
  ['record-store-file', '0000001200002e610061f600', 'so was a text that is none'],
  ['record-store-file', '82eaa5000000', 'a column of another name was an error of SQLite, for ever'],
  ['record-store-file', 'a4fff8000000', 'what a quick check does not see came back at each start'],
  [
    'record-store-file',
    '0000610000000000610000000000862f00006100610000000000a3226161',
    'an unknown file format was an error of SQLite, for ever',
  ],
];

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}
