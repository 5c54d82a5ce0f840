/**
 * A trusted device of a desk that does not run: a test speaks for it, and hears what it is told.
 * @module
 */
import { encodeHello, FrameDecoder } from '../src/core/wire/frame.ts';
import {
  decodeFrame,
  encodeMessage,
  type BodyDraft,
  type Incoming,
  type MessageType,
} from '../src/core/wire/message-frame.ts';
import type { ClusterDeviceDraft, ClusterFolderDraft } from '../src/core/wire/messages.ts';
import { Life } from '../src/edges/memory/life.ts';
import type { Stream } from '../src/ports/network.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';

export class HandPeer {
  readonly heard: Incoming[] = [];
  closed: string | undefined;
  readonly #stream: Stream;
  readonly #devices: readonly [own: Uint8Array, to: Uint8Array];

  private constructor(stream: Stream, devices: readonly [Uint8Array, Uint8Array]) {
    this.#stream = stream;
    this.#devices = devices;
    const decoder = new FrameDecoder();
    stream.receive({
      data: (chunk) => {
        for (const frame of decoder.feed(chunk)) this.heard.push(decodeFrame(frame));
      },
      closed: (reason) => (this.closed = reason),
    });
  }

  /** Connects and says hello. */
  static async connect(desk: Desk, as: Machine, to: Machine, clientName = 'syncthing'): Promise<HandPeer> {
    const stream = await desk.scheduler.runUntil(as.dial(to, new Life(desk.scheduler)));
    const peer = new HandPeer(stream, [as.device, to.device]);
    stream.send([encodeHello({ deviceName: as.name, clientName, clientVersion: 'v1.29.0' })]);
    return peer;
  }

  say<T extends MessageType>(type: T, body: BodyDraft<T>): void {
    this.#stream.send(encodeMessage(type, body));
  }

  /** A folder that both devices share, with what is said of the index of each. */
  folder(own: Omit<ClusterDeviceDraft, 'id'>, theirs: Omit<ClusterDeviceDraft, 'id'>, id = FOLDER): ClusterFolderDraft {
    const [ownId, toId] = this.#devices;
    return {
      id,
      devices: [
        { id: ownId, ...own },
        { id: toId, ...theirs },
      ],
    };
  }

  /** Records of which it was told, each as often as it was. */
  get toldRecords(): number {
    return this.heard.reduce(
      (sum, message) =>
        sum + (message.type === 'Index' || message.type === 'IndexUpdate' ? message.body.files.length : 0),
      0,
    );
  }

  stopReading(): void {
    this.#stream.pause();
  }

  leave(): void {
    this.#stream.destroy('it left');
  }
}
