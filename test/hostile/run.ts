/**
 * `npm run hostile`: all hostile cases, and a table of what each one cost. With `--sessions COUNT [--seed SEED]`: so many
 * random sessions instead, each of which a failure names by its seed.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { playSessions } from './random-sessions.ts';
import { Scene } from './scene.ts';

const { values } = parseArgs({ options: { sessions: { type: 'string' }, seed: { type: 'string', default: '1' } } });
/** The honest peer's folder fills with what shows that it is served: a fresh one now and then. */
const SESSIONS_PER_SCENE = 1000;

if (values.sessions === undefined) await runCases();
else await runSessions(Number(values.sessions), Number(values.seed));

async function runCases(): Promise<void> {
  const files = globSync(join(import.meta.dirname, '*.test.ts')).sort();
  const events = run({ files, concurrency: 2 });
  events.on('test:diagnostic', ({ message }) => {
    if (/^[A-Z]\d\d.* \| /.test(message)) console.log(message);
  });
  events.on('test:fail', ({ name, details }) => {
    console.log(`FAILED ${name}: ${String(details.error.cause ?? details.error)}`);
    process.exitCode = 1;
  });
  await new Promise((resolve) => events.once('end', resolve).resume());
}

async function runSessions(sessions: number, seed: number): Promise<void> {
  for (let done = 0; done < sessions; done += SESSIONS_PER_SCENE) {
    await using scene = await Scene.open();
    const part = { sessions: Math.min(SESSIONS_PER_SCENE, sessions - done), seed: seed + done };
    const context = { name: `from seed ${part.seed}`, diagnostic: (line: string) => console.log(line) };
    await playSessions(scene, context, part);
  }
}
