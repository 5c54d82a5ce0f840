/**
 * Device IDs as people give them.
 * @module
 */
import { LanfoldError } from '../core/errors.ts';
import { deviceIdText, parseDeviceId } from '../core/model/device-id.ts';

/** @returns the raw ID. @throws LanfoldError `E_DEVICE_ID` that says which group of letters is wrong. */
export function demandDevice(text: string): Uint8Array {
  const parsed = parseDeviceId(text);
  if (parsed.ok) return parsed.device;
  throw new LanfoldError('E_DEVICE_ID', { subject: text, because: parsed.message });
}

/** @returns the ID as it is printed, with all check letters. @throws as {@link demandDevice}. */
export function readDeviceId(typed: string): string {
  return deviceIdText(demandDevice(typed));
}
