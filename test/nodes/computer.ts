/**
 * A computer of a test's network, and people who type at it.
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltLanfold } from '../harness/built.ts';
import type { Host } from '../harness/namespaces.ts';
import { Person } from '../harness/person.ts';
import { run } from '../harness/process.ts';

/** A host of a test's network with a person's home on it. */
export class Computer {
  readonly host: Host;
  readonly home: string;
  readonly #main: string;

  constructor(built: BuiltLanfold, host: Host, root: string, name: string) {
    this.#main = built.main;
    this.host = host;
    this.home = join(root, name);
    mkdirSync(this.home, { recursive: true });
  }

  /** Somebody opens a terminal and types a command. */
  person(command: readonly string[], cwd = this.home): Person {
    return new Person({
      command: [process.execPath, this.#main, ...command],
      cwd,
      env: this.#env,
      namespace: this.host.namespace,
    });
  }

  /** What a running lanfold says of the one folder that it shares. */
  async onlyFolder(): Promise<{ readonly id: string }> {
    const { stdout } = await run(process.execPath, [this.#main, 'status', '--json'], { env: this.#env });
    const { folders } = JSON.parse(stdout) as { folders: { id: string }[] };
    const [folder] = folders;
    if (folder === undefined) throw new Error(`No folder is shared: ${stdout}`);
    return folder;
  }

  get #env(): Record<string, string> {
    return { HOME: this.home, XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', XDG_RUNTIME_DIR: '' };
  }

  folder(name: string, files: Readonly<Record<string, string>> = {}): string {
    const path = join(this.home, name);
    mkdirSync(path, { recursive: true });
    for (const [base, content] of Object.entries(files)) writeFileSync(join(path, base), content);
    return path;
  }
}

/** What a person reads aloud to the one at the other computer. */
export async function codeOf(person: Person): Promise<string> {
  const [, code = ''] = await person.sees(/[Cc]ode: +(\d{3} \d{3})/);
  return code;
}
