/**
 * The engine with the rules of Syncthing where they are others than ours: whoever shares a folder with one has to come to rest
 * with it (bep.md §0, §5.2). No binary of Syncthing 2 runs where we test, so this is where its rules meet ours.
 *
 * The source is changed while it is loaded, as planted bugs are, into modules of their own beside the product's.
 * @module
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openRecordStore } from '../src/edges/store/record-store.ts';
import type { Engine } from '../src/node/engine.ts';
import { withEdits, type Edit } from './bugs/planted-bug.ts';

export type Rules = 'syncthing-1' | 'syncthing-2';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = pathToFileURL(join(ROOT, 'src/')).href;
/** What both sides of an edge have to agree on by identity. */
const SHARED = `${SOURCES}core/errors.ts`;

/** By file. */
type Edits = Readonly<Record<string, readonly Edit[]>>;

/** Neither speaks up for an edit against a delete, passes on a delete of what it never had, nor holds many back. */
const BOTH: Edits = {
  'core/reconcile/decide.ts': [
    {
      find: "return theirs.deleted && !theirs.invalid && compareVersions(mine.version, theirs.version) === 'concurrent';",
      replace: 'return false;',
    },
  ],
  'node/folder/index-receiver.ts': [
    {
      find: 'if (local === undefined) return this.#passOn(theirs.name);',
      replace: 'if (local === undefined) return [];',
    },
  ],
};

const EDITS: Readonly<Record<Rules, Edits>> = {
  /** An edit always wins against a delete; what replaces a known content makes a conflict copy all the same. */
  'syncthing-1': {
    ...BOTH,
    'core/reconcile/decide.ts': [
      ...(BOTH['core/reconcile/decide.ts'] ?? []),
      { find: 'return isReplaced || isOutdated(', replace: 'return isOutdated(' },
    ],
  },
  /** The later time wins, a delete too. */
  'syncthing-2': {
    ...BOTH,
    'core/index/newest.ts': [{ find: 'if (a.deleted !== b.deleted) return a.deleted ? -1 : 1;', replace: '' }],
  },
};

/** What of a node decides anything: the store finds out what is newest. */
export interface Parts {
  readonly Engine: typeof Engine;
  readonly openRecordStore: typeof openRecordStore;
}

let isHooked = false;

/** The parts of a node that follows these rules. */
export async function partsWith(rules: Rules): Promise<Parts> {
  if (!isHooked) hook();
  const load = async (file: string): Promise<Partial<Parts>> =>
    (await import(`${SOURCES}${file}?rules=${rules}`)) as Partial<Parts>;
  return { ...(await load('node/engine.ts')), ...(await load('edges/store/record-store.ts')) } as Parts;
}

function hook(): void {
  isHooked = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const rules = rulesOf(context.parentURL ?? '');
      const isOwn = resolved.url.startsWith(SOURCES) && resolved.url !== SHARED;
      return rules === undefined || !isOwn ? resolved : { ...resolved, url: `${resolved.url}?rules=${rules}` };
    },
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const rules = rulesOf(url);
      const file = url.slice(SOURCES.length).replace(/\?.*/u, '');
      const edits = rules === undefined ? undefined : EDITS[rules][file];
      if (edits === undefined) return loaded;
      return { ...loaded, source: withEdits(file, edits, Buffer.from(loaded.source as Uint8Array).toString()) };
    },
  });
}

function rulesOf(url: string): Rules | undefined {
  return /\?rules=(syncthing-[12])$/u.exec(url)?.[1] as Rules | undefined;
}
