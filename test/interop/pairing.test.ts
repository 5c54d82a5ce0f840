/** A person with Syncthing and a person at a terminal with `lanfold pair --syncthing`: what is typed, what is shown, what comes of it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Lanfold, runLanfold } from '../harness/lanfold.ts';
import { Person, terminalsMissing } from '../harness/person.ts';
import { until } from '../harness/process.ts';
import { SYNCTHING_VERSIONS, type SyncthingVersion } from '../harness/syncthing-types.ts';
import { Syncthing } from '../harness/syncthing.ts';
import { whySkip } from './mesh.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** Where a test's people keep their things. */
class Desk {
  readonly root = mkdtempSync(join(tmpdir(), 'lanfold-phone-'));
  readonly lanfold: Lanfold;
  readonly #context: TestContext;

  private constructor(context: TestContext, lanfold: Lanfold) {
    this.#context = context;
    this.lanfold = lanfold;
  }

  static async make(context: TestContext): Promise<Desk> {
    const desk = new Desk(context, await Lanfold.create());
    context.after(async () => {
      await desk.lanfold.stop();
      rmSync(desk.root, { recursive: true, force: true });
    });
    mkdirSync(desk.here);
    return desk;
  }

  /** The directory in which the person types. */
  get here(): string {
    return join(this.root, 'home');
  }

  folder(name: string, files: Readonly<Record<string, string>>): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    for (const [base, content] of Object.entries(files)) writeFileSync(join(path, base), content);
    return path;
  }

  /** Types `lanfold pair --syncthing` where no lanfold runs yet, or with `isRunning` where one does. */
  pairs(options: { readonly isRunning?: boolean; readonly args?: readonly string[] } = {}): Person {
    const { home, address } = this.lanfold;
    const running = options.isRunning === true ? [] : ['--listen', address, '--discovery', 'off'];
    const command = [
      process.execPath,
      MAIN,
      'pair',
      '--syncthing',
      '--home',
      home,
      ...running,
      ...(options.args ?? []),
    ];
    return new Person({ command, cwd: this.here, env: { HOME: this.here } });
  }

  /** A Syncthing whose user has scanned the code, and shares the folder `camera` with us. */
  async syncthing(version: SyncthingVersion, files: Readonly<Record<string, string>>): Promise<Syncthing> {
    const syncthing = await Syncthing.start({ version });
    this.#context.after(() => syncthing.stop());
    const { deviceId, address } = this.lanfold;
    await syncthing.addPeer({ deviceId, address });
    const path = this.folder(`syncthing-${version}`, files);
    await syncthing.shareFolder({ id: 'camera-1', path, peers: [deviceId], settings: { label: 'Camera' } });
    return syncthing;
  }

  /** Another device, unknown as well, that knocks until its test ends. */
  async knocks(): Promise<Lanfold> {
    const other = await Lanfold.create();
    this.#context.after(() => other.stop());
    await other.trust({ deviceId: this.lanfold.deviceId, address: this.lanfold.address, folders: [] });
    await other.up();
    return other;
  }

  async status(): Promise<{
    folders: { id: string; path: string; state: string }[];
    peers: { id: string }[];
    offers: unknown[];
  }> {
    return (await this.lanfold.status()) as Awaited<ReturnType<Desk['status']>>;
  }
}

async function arrives(path: string, content: string, person: Person): Promise<void> {
  await until(`"${path}" arrives`, () => (existsSync(path) && readFileSync(path, 'utf8') === content) || undefined, {
    detail: () => person.transcript,
  });
}

/** Is it a code, of two modules in each character's height? */
function isSquare(lines: readonly string[]): boolean {
  const [first = ''] = lines;
  return first.length > 20 && lines.every(({ length }) => length === first.length) && lines.length * 2 >= first.length;
}

const skip = whySkip() ?? terminalsMissing() ?? false;

for (const version of SYNCTHING_VERSIONS) {
  describe(`lanfold pair --syncthing and Syncthing ${version}`, { skip, timeout: 180_000 }, () => {
    test('Q23 with one yes and one Enter its folder is here and ours is there', async (context) => {
      const desk = await Desk.make(context);
      await desk.lanfold.addFolder('notes', desk.folder('notes', { 'plan.md': 'a plan' }));
      await using person = desk.pairs();
      await person.sees(new RegExp(`This device is ${desk.lanfold.deviceId}`));
      const code = person.transcript.split('\n').filter((line) => /^[█▀▄ ]+$/.test(line));
      assert.ok(isSquare(code), person.transcript);
      const syncthing = await desk.syncthing(version, { 'a.jpg': 'a photo' });
      const [first] = syncthing.deviceId.split('-');
      await person.sees(
        new RegExp(
          `wants to connect: ID ${syncthing.deviceId} from 127\\.0\\.0\\.1\\. Accept\\? It should show ${first} … `,
        ),
      );
      assert.deepEqual((await desk.status()).peers, [], 'not before the yes');
      person.types('y\r');
      await person.sees(/Put its folder "Camera" in .*\[Enter = yes, or type a path, n = no\]/);
      person.types('~/Pictures\r');
      await arrives(join(desk.here, 'Pictures', 'a.jpg'), 'a photo', person);
      await syncthing.shareFolder({
        id: 'notes',
        path: join(desk.root, 'their-notes'),
        peers: [desk.lanfold.deviceId],
      });
      await arrives(join(desk.root, 'their-notes', 'plan.md'), 'a plan', person);
      assert.equal(await person.interrupts(), 130);
    });

    test('Q24 with a lanfold that runs, and files in the place: first it says what will happen, and a no to the folder changes nothing', async (context) => {
      const desk = await Desk.make(context);
      await desk.lanfold.up();
      const syncthing = await desk.syncthing(version, { same: 'same', theirs: 'theirs', both: 'by them' });
      const ours = join(desk.here, 'Camera');
      mkdirSync(ours);
      for (const [name, content] of [
        ['same', 'same'],
        ['ours', 'ours'],
        ['both', 'by us'],
      ] as const)
        writeFileSync(join(ours, name), content);
      await using person = desk.pairs({ isRunning: true });
      await person.sees(/Accept\? .* \[y\/N\]/);
      person.types('y\r');
      await person.sees(/Put its folder "Camera" in ~\/Camera\?/);
      person.types('\r');
      await person.sees(/Same: 1\. Only here: 1 \(will be sent\)\. Only there: 1 .*Different: 1 \(both kept\)/);
      person.types('n\r');
      await person.sees(/Nothing was changed/);
      assert.equal(await person.ended, 0);
      assert.deepEqual(
        readdirSync(ours)
          .filter((name) => name !== '.lanfold')
          .toSorted(),
        ['both', 'ours', 'same'],
      );
      const { folders, peers, offers } = await desk.status();
      assert.deepEqual([folders, peers.map(({ id }) => id)], [[], [syncthing.deviceId]]);
      assert.deepEqual(offers.length, 1);
      const { stdout } = await desk.lanfold.command(['status']);
      assert.ok(
        stdout.endsWith(
          `offers folder "Camera": lanfold folders add DIR --folder-id camera-1 --peer ${syncthing.deviceId}`,
        ),
        stdout,
      );
    });
  });
}

describe('who is let in by lanfold pair --syncthing', { skip: terminalsMissing() ?? false, timeout: 120_000 }, () => {
  test('Q25 a no leaves everything as it was', async (context) => {
    const desk = await Desk.make(context);
    await desk.lanfold.addFolder('notes', desk.folder('notes', { 'plan.md': 'a plan' }));
    await desk.lanfold.up();
    const config = (): string => readFileSync(join(desk.lanfold.home, 'config.json'), 'utf8');
    const before = config();
    await using person = desk.pairs({ isRunning: true });
    await person.sees(/This device is/);
    const other = await desk.knocks();
    await person.sees(new RegExp(`wants to connect: ID ${other.deviceId} .*\\[y/N\\]`));
    person.types('\r');
    await person.sees(/It was not let in/);
    const next = await desk.knocks(); // meanwhile the first one tries again
    await person.sees(new RegExp(`wants to connect: ID ${next.deviceId} .*\\[y/N\\]`));
    person.types('n\r');
    await person.sees(/It was not let in/);
    assert.equal(await person.interrupts(), 130);
    assert.equal(config(), before);
    assert.equal(person.transcript.split(other.deviceId).length, 2, 'it is asked about once');
  });

  test('Q26 while one asks, and after it was let in, another unknown device is named in one line and not let in', async (context) => {
    const desk = await Desk.make(context);
    await desk.lanfold.up();
    await using person = desk.pairs({ isRunning: true });
    await person.sees(/This device is/);
    const first = await desk.knocks();
    await person.sees(/Accept\? .*\[y\/N\]/);
    const second = await desk.knocks();
    await person.sees(new RegExp(`Another unknown device .* is not let in: ${second.deviceId} from 127\\.0\\.0\\.1`));
    await person.sees(new RegExp(`wants to connect: ID ${first.deviceId} .*\\[y/N\\]`));
    person.types('y\r');
    await person.sees(/Paired with/);
    const third = await desk.knocks();
    await person.sees(new RegExp(`not let in: ${third.deviceId}`));
    assert.deepEqual(
      (await desk.status()).peers.map(({ id }) => id),
      [first.deviceId],
    );
  });

  test('Q27 without a person only the device that was named is let in, and its folder goes where a person would be shown', async (context) => {
    const desk = await Desk.make(context);
    await desk.lanfold.up();
    for (const args of [
      [],
      ['--yes'],
      ['--device', desk.lanfold.deviceId],
      ['--json', '--device', desk.lanfold.deviceId],
    ]) {
      const { code, stderr } = await runLanfold(['pair', '--syncthing', '--home', desk.lanfold.home, ...args]);
      assert.deepEqual([code, /E_USAGE/.test(stderr)], [2, true], args.join(' '));
    }
    const wrong = await runLanfold(['pair', '--device', desk.lanfold.deviceId, '--home', desk.lanfold.home]);
    assert.equal(wrong.code, 2);

    const foreign = await desk.knocks();
    const invited = await Lanfold.create();
    context.after(() => invited.stop());
    await invited.addFolder('camera', desk.folder('camera', { 'a.jpg': 'a photo' }));
    await invited.trust({ deviceId: desk.lanfold.deviceId, address: desk.lanfold.address, folders: ['camera'] });
    await using script = desk.pairs({ isRunning: true, args: ['--json', '--yes', '--device', invited.deviceId] });
    await script.sees(new RegExp(`{"type":"device","device":"${desk.lanfold.deviceId}"}`));
    await script.sees(new RegExp(`"type":"stranger","id":"${foreign.deviceId}"`));
    await invited.up();
    assert.equal(await script.ended, 0, script.transcript);
    await arrives(join(desk.here, 'camera', 'a.jpg'), 'a photo', script);
    assert.deepEqual(
      (await desk.status()).peers.map(({ id }) => id),
      [invited.deviceId],
    );
  });

  test('Q28 a folder is not put inside one that is shared, and a place that is no good is asked for again', async (context) => {
    const desk = await Desk.make(context);
    await desk.lanfold.addFolder('home', desk.folder('home/Photos', { 'b.jpg': 'another' }));
    await desk.lanfold.up();
    const other = await Lanfold.create();
    context.after(() => other.stop());
    await other.addFolder('camera', desk.folder('camera', { 'a.jpg': 'a photo' }));
    await other.trust({ deviceId: desk.lanfold.deviceId, address: desk.lanfold.address, folders: ['camera'] });
    await using person = desk.pairs({ isRunning: true });
    await person.sees(/This device is/);
    await other.up();
    await person.sees(/\[y\/N\]/);
    person.types('y\r');
    await person.sees(/Put its folder "camera"/);
    person.types('Photos/inner\r');
    await person.sees(/E_FOLDER_NESTED/);
    assert.equal(existsSync(join(desk.here, 'Photos', 'inner')), false);
    await person.sees(/Put its folder "camera"/);
    person.types('\r');
    assert.equal(await person.ended, 0);
    await arrives(join(desk.here, 'camera', 'a.jpg'), 'a photo', person);
  });
});
