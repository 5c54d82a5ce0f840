import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../errors.ts';
import { foundText, LAYERS, layersOf, type DiscoveryChoice, type LayerName } from './layers.ts';

test('F25 layers are chosen by name; quiet and off are choices of their own', () => {
  const rows: [choice: DiscoveryChoice, on: readonly LayerName[] | undefined, isQuiet: boolean][] = [
    ['lan', LAYERS, false],
    ['quiet', ['remembered', 'announce'], true],
    ['off', undefined, false],
    [[], undefined, false],
    [['prime', 'findOpenPorts'], ['prime', 'findOpenPorts'], false],
  ];
  for (const [choice, on, isQuiet] of rows) {
    assert.deepEqual(layersOf(choice), on === undefined ? undefined : { on: new Set(on), isQuiet });
  }
  const isUsage = (error: unknown): boolean => error instanceof LanfoldError && error.code === 'E_USAGE';
  assert.throws(() => layersOf(JSON.parse('["arp"]')), isUsage);
});

test('F25 how a peer was found is told in words', () => {
  assert.equal(foundText({ via: 'neighbour', foundMs: 187 }), 'found by neighbour table in 0.2 s');
  assert.equal(foundText({ via: 'meeting', foundMs: 1_049 }), 'found by meeting in the middle in 1.0 s');
  assert.equal(foundText({ via: 'incoming', foundMs: 0 }), 'it found us after 0.0 s');
});
