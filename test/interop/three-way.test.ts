import { test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mesh, whySkip } from './mesh.ts';

test('I1 first', { skip: whySkip() }, async (context) => {
  const mesh = await Mesh.start(context, { fill: (root) => writeFileSync(join(root, 'hello'), 'hello') });
  await mesh.settle();
  for (const [index, directory] of mesh.directories.entries()) {
    writeFileSync(join(directory, `from ${index}`), `from ${index}`);
  }
  await mesh.settle();
});
