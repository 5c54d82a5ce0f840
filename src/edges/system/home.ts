/**
 * Where a node keeps what it needs to be itself again: its identity and configuration, its records, its control socket.
 * @module
 */
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export interface Home {
  /** Directory of the identity and the configuration. */
  readonly configuration: string;
  /** Directory of the records. */
  readonly state: string;
  /** Path of the control socket (a pipe on Windows). */
  readonly socket: string;
}

/** Unix socket paths end at about 100 bytes on every system. */
const SOCKET_PATH_BYTES_MAX = 100;

/** Everything in one directory, as `--home` asks for. */
export function homeIn(directory: string): Home {
  const home = resolve(directory);
  return { configuration: home, state: home, socket: socketPath(home) };
}

/** The directories of the XDG specification, or the nearest that the system has. */
export function defaultHome(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): Home {
  const user = homedir();
  if (platform === 'darwin') return homeIn(join(user, 'Library', 'Application Support', 'lanfold'));
  if (platform === 'win32') return homeIn(join(env['LOCALAPPDATA'] ?? join(user, 'AppData', 'Local'), 'lanfold'));
  const configuration = join(absolute(env['XDG_CONFIG_HOME']) ?? join(user, '.config'), 'lanfold');
  const state = join(absolute(env['XDG_STATE_HOME']) ?? join(user, '.local', 'state'), 'lanfold');
  const runtime = absolute(env['XDG_RUNTIME_DIR']);
  return { configuration, state, socket: runtime === undefined ? socketPath(state) : join(runtime, 'lanfold.sock') };
}

/** The specification has an empty or relative directory count as none: the key must not land in whatever folder we are in. */
function absolute(directory: string | undefined): string | undefined {
  return directory !== undefined && isAbsolute(directory) ? directory : undefined;
}

function socketPath(directory: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\lanfold-${hash(directory)}`;
  const path = join(directory, 'control.sock');
  return Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX
    ? path
    : join(tmpdir(), `lanfold-${userId()}-${hash(directory)}.sock`);
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

/** Short, and the same for the same path (FNV-1a). */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16);
}
