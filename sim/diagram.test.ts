import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawDiagram } from './diagram.ts';

test('O2 a run is drawn with a column for each node, without what is only traffic', () => {
  const lines = [
    '       0.000  node-a starts',
    '       1.000  node-a sends 100 bytes to node-b',
    '       2.000  node-b disk: written folder/.lanfold/key',
    '     300.000     0.300 s  #3  node-b: write d/x (10 bytes in 1 parts, pauses up to 5 ms)',
    '     301.000  node-b disk: appeared-directory folder/d',
    '     400.000     0.400 s  #4  cut node-a and node-b for 1.0 s',
    '     500.000  node-a records #1: d as directory {01:1}',
    '     600.000  the plan is over',
  ];
  const rows = drawDiagram(lines, ['node-a', 'node-b']).slice(2);
  assert.deepEqual(
    rows.map((row) => row.split('|').map((column) => column.trim().replaceAll(/ +/gu, ' '))),
    [
      ['0.000 = starts', ''],
      ['300.000', '* write d/x'],
      ['301.000', 'appeared d'],
      ['400.000 * cut node-a and node-b for 1.0 s', '* cut node-a and node-b for 1.0 s'],
      ['500.000 #1 d as directory {01:1}', ''],
    ],
  );
});
