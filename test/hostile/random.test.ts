/** Some hundred sessions in which one thing is wrong; `npm run hostile -- --sessions 20000 --seed 1` plays as many as asked. */
import { after, before, test } from 'node:test';
import { playSessions } from './random-sessions.ts';
import { Scene } from './scene.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const SESSIONS = 300;
const SEED = 1;

test('case H21 I01 I08 I15 I18 I21: sessions in which one thing is wrong, wherever it is', async (t) => {
  await playSessions(scene, t, { sessions: SESSIONS, seed: SEED });
});
