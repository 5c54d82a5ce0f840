/**
 * A node in a process of its own, so that a test can kill it at any moment: opens the library's Node with the options of its
 * first argument (JSON), answers calls that come as lines of JSON, and ends when its standard input ends.
 *
 *   {"call":1,"method":"status","parameters":["docs"]}  →  {"call":1,"result":{…}}  or  {"call":1,"error":{"code":…}}
 *
 * Beside the answers come {"ready":{…}}, {"failed":{…}} and {"warning":{…}}.
 * @module
 */
import { createInterface } from 'node:readline';
import {
  LanfoldError,
  openNode,
  type FolderChange,
  type FolderHandle,
  type Log,
  type MemberNews,
  type Via,
} from '../../src/index.ts';

/** What a test can ask of a driven node: parameters and result are what JSON makes of them. */
export type Methods = ReturnType<typeof methodsOf>;

const loggedCounts = new Map<string, number>();
const logged: string[] = [];
const log: Log = {
  debug: (details, message) => note(details, message),
  info: (details, message) => note(details, message),
  warn: (details, message) => note(details, message),
};
/** The last lines only: a block of a big sync is a line, too. */
const LOGGED_MAX = 500;

function note(details: object, message: string): void {
  loggedCounts.set(message, (loggedCounts.get(message) ?? 0) + 1);
  logged.push(`${new Date().toISOString()} ${message} ${toJson(details)}`);
  if (logged.length > LOGGED_MAX) logged.shift();
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

function tell(what: object): void {
  process.stdout.write(`${toJson(what)}\n`);
}

function wordsOf(error: unknown): { code: string; message: string } {
  const code = error instanceof LanfoldError ? error.code : 'E_TEST';
  return { code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function methodsOf(node: Awaited<ReturnType<typeof openNode>>) {
  const changes = new Map<string, FolderChange[]>();
  const memberNews: MemberNews[] = [];
  node.on('member', (news) => memberNews.push(news));
  const sightings: { readonly is: 'seen' | 'connected'; readonly id: string; readonly via: Via | undefined }[] = [];
  node.on('seen', ({ id, via }) => sightings.push({ is: 'seen', id, via }));
  node.on('connected', ({ id, via }) => sightings.push({ is: 'connected', id, via }));
  const folder = (id: string): FolderHandle => {
    const found = node.folders().find((handle) => handle.id === id);
    if (found === undefined) throw new Error(`This node has no folder "${id}"`);
    if (!changes.has(id)) follow(found).catch(() => {}); // it ends with the folder, also when that fails
    return found;
  };
  const follow = async (handle: FolderHandle): Promise<void> => {
    const seen: FolderChange[] = [];
    changes.set(handle.id, seen);
    for await (const change of handle.changes()) seen.push(change);
  };
  return {
    trust: (id: string, addresses: string[], folders: string[] = []) => node.trust(id, { addresses, folders }),
    forget: (id: string) => node.forget(id),
    rename: (id: string, name: string) => node.rename(id, name),
    leave: (id: string) => node.leave(id),
    removeFolder: (id: string) => node.removeFolder(id),
    /** What others changed of who is a member. */
    memberNews: () => memberNews,
    /** Peers that were seen and that connected, in order. */
    sightings: () => sightings,
    share: async (path: string, id: string, peers: string[]) => {
      await node.folder(path, { id, peers });
    },
    status: (id: string) => folder(id).status(),
    peers: () => node.peers(),
    configuration: () => node.configuration,
    listening: () => node.listening,
    /** Changes behind a cursor, in order. */
    changes: (id: string, since: number) => {
      folder(id);
      return (changes.get(id) ?? []).filter(({ cursor }) => cursor > since);
    },
    history: (id: string, path: string) => folder(id).history(path),
    restore: async (id: string, path: string) => {
      await folder(id).restore(path);
    },
    approve: (id: string) => folder(id).approve(),
    rescan: (id: string) => folder(id).rescan(),
    /** How often the log said this. */
    logCount: (message: string) => loggedCounts.get(message) ?? 0,
    /** The last lines of the log. */
    log: () => logged,
  };
}

async function serve(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof openNode>[0];
  const node = await openNode({ ...options, log });
  node.on('warning', (warning) => tell({ warning: wordsOf(warning) }));
  const methods = methodsOf(node) as Record<string, (...parameters: unknown[]) => unknown>;
  tell({ ready: { id: node.id, listening: node.listening } });
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { call, method, parameters } = JSON.parse(line) as { call: number; method: string; parameters: unknown[] };
      const answer = async (): Promise<unknown> => await methods[method]?.(...parameters);
      answer().then(
        (result) => tell({ call, result }),
        (error: unknown) => tell({ call, error: wordsOf(error) }),
      );
    })
    .on('close', () => void node.close());
}

serve().catch((error: unknown) => {
  tell({ failed: wordsOf(error) });
  process.exitCode = 1;
});
