/**
 * Bounds on what a flood of packets can cost.
 * @module
 */
import type { RemoteInfo } from 'node:dgram';

export interface PacketLimits {
  readonly bytesMax: number;
  readonly perSecondMax: number;
}

type Take = (packet: Buffer, from: RemoteInfo) => void;

/** Lets so many packets through in each second, and none that is too large; the rest is dropped unread. */
export function limited(take: Take, limits: PacketLimits): Take {
  let secondStartedMs = -Infinity;
  let taken = 0;
  return (packet, from) => {
    const nowMs = performance.now();
    if (nowMs - secondStartedMs >= 1_000) {
      secondStartedMs = nowMs;
      taken = 0;
    }
    if (packet.length > limits.bytesMax || taken >= limits.perSecondMax) return;
    taken++;
    take(packet, from);
  };
}
