/**
 * Device IDs as people give them.
 * @module
 */
import { LanfoldError } from '../core/errors.ts';
import { parseDeviceId } from '../core/model/device-id.ts';

/** @returns the raw ID. @throws LanfoldError `E_DEVICE_ID` that says which group of letters is wrong. */
export function demandDevice(text: string): Uint8Array {
  const parsed = parseDeviceId(text);
  if (parsed.ok) return parsed.device;
  throw new LanfoldError('E_DEVICE_ID', { subject: text, because: parsed.message });
}
