/**
 * How the command line ends. These numbers are API: scripts test them, so none changes its meaning; new ones may come, and
 * a script must take one that it does not know for a failure.
 * @module
 */
import { LanfoldError } from '../index.ts';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notInSync: 3,
  needsYou: 4,
  noSuchPeer: 5,
  notRunning: 6,
  damaged: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** As `--help` and docs/cli.md tell them. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'done',
  [EXIT.failed]: 'failed; the reason is on standard error',
  [EXIT.usage]: 'the command was not understood',
  [EXIT.notInSync]: 'status --check: not in sync yet',
  [EXIT.needsYou]: 'status --check: somebody has to decide something',
  [EXIT.noSuchPeer]: 'no such peer, or the code was wrong',
  [EXIT.notRunning]: 'lanfold is not running',
  [EXIT.damaged]: 'verify: damage was found; repair: some is left',
  [EXIT.interrupted]: 'interrupted by Ctrl-C',
};

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof LanfoldError)) return EXIT.failed;
  switch (error.code) {
    case 'E_USAGE':
    case 'E_DEVICE_ID':
      return EXIT.usage;
    case 'E_CODE_FORM':
      return EXIT.usage;
    case 'E_PEER_UNKNOWN':
    case 'E_NO_HOST':
    case 'E_CODE_WRONG':
    case 'E_CODE_EXPIRED':
    case 'E_TOO_MANY_TRIES':
    case 'E_PAIRING_CLOSED':
      return EXIT.noSuchPeer;
    case 'E_NOT_RUNNING':
      return EXIT.notRunning;
    default:
      return EXIT.failed;
  }
}

export function exitCodesHelp(): string {
  const lines = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return ['', 'Exit codes:', ...lines].join('\n');
}
