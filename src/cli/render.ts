/**
 * Values as people read them.
 * @module
 */

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `3.9 GB`: decimal units, two digits at least. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // 999.95 would be printed as 1000.0
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? 'B'}`;
}

/** `1,284`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 file`, `1,284 files`. */
export function countedText(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Rounded, as nobody knows it better: `10 s`, `2 min`, `3 h`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 10) * 10} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** `2026-11-24 10:31:05`, in the user's time zone: `restore --at` takes it. */
export function timeText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Rows in columns, two spaces between; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Names come from other computers: what would move the cursor or colour the terminal is shown as an escape. The joiner that
 * holds an emoji together may stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?!\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/**
 * JSON that may also be looked at: of the characters that {@link printable} escapes, JSON lets some through as they are (C1 controls,
 * and those that turn the direction of writing). What a program reads from it is the same.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/**
 * A word of a command that a person may copy into a shell. It comes from another computer: whatever it holds, the shell takes it
 * for one word.
 */
export function shellWord(text: string): string {
  if (/^[\w.,:@+][\w.,:@+-]*$/.test(text)) return text;
  return `'${printable(text).replaceAll("'", `'\\''`)}'`;
}

/** Cut in the middle, where names differ least. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const left = Math.ceil((width - 1) / 2);
  return `${text.slice(0, left)}…${text.slice(text.length - (width - 1 - left))}`;
}

/** The last part of a path: what people call the folder. */
export function folderName(path: string): string {
  return printable(path.slice(path.lastIndexOf('/') + 1) || path);
}
