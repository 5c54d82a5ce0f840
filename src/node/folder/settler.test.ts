import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { Settler } from './settler.ts';

test('N6 a name that is not in normal form has its directory walked when it comes and when it is gone, and not when it is written, nor for what comes and goes in it', () => {
  const settler = new Settler(new MemoryClock(new Life(new Scheduler())), () => Promise.resolve());
  const walked: string[] = [];
  settler.onDirectory = (directory) => void walked.push(directory);
  const name = 'd/cafe\u0301';
  settler.news((['appeared', 'written', 'closed', 'vanished'] as const).map((what) => ({ name, what })));
  deepEqual(walked, [name, name]);
  settler.news(
    (['appeared', 'appeared-directory', 'vanished'] as const).map((what) => ({ name: `${name}/below`, what })),
  );
  deepEqual(walked, [name, name]);
  settler.close();
});
