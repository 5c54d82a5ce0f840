import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { test } from 'node:test';
import { IN, inotifyEvents } from './watcher-inotify-system.ts';

test('L25 events of the kernel are read whole, with and without names, in any script', () => {
  const bytes = Buffer.concat([
    event(1, IN.CREATE, Buffer.from('a'), 16),
    event(2, IN.ATTRIB | IN.ISDIR, Buffer.alloc(0), 0),
    event(-1, IN.Q_OVERFLOW, Buffer.alloc(0), 0),
    event(3, IN.CLOSE_WRITE, Buffer.from('ünï\n\uFFFD'), 16),
    event(3, IN.DELETE, Buffer.from([0x66, 0xff]), 16),
    event(4, IN.MODIFY, Buffer.from('sixteen-bytes-ok'), 16),
  ]);
  assert.deepEqual(
    [...inotifyEvents(bytes)],
    [
      { watch: 1, mask: IN.CREATE, base: 'a' },
      { watch: 2, mask: IN.ATTRIB | IN.ISDIR, base: '' },
      { watch: -1, mask: IN.Q_OVERFLOW, base: '' },
      { watch: 3, mask: IN.CLOSE_WRITE, base: 'ünï\n\uFFFD' },
      { watch: 3, mask: IN.DELETE, base: undefined },
      { watch: 4, mask: IN.MODIFY, base: 'sixteen-bytes-ok' },
    ],
  );
});

/** struct inotify_event, in the byte order of this machine. */
function event(watch: number, mask: number, name: Buffer, paddedBytes: number): Buffer {
  const bytes = Buffer.alloc(16 + paddedBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isLittle = endianness() === 'LE';
  view.setInt32(0, watch, isLittle);
  view.setUint32(4, mask, isLittle);
  view.setUint32(12, paddedBytes, isLittle);
  name.copy(bytes, 16);
  return bytes;
}
