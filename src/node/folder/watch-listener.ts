import type { WatchListener } from '../../ports/watcher.ts';
import type { IgnoreKeeper } from './ignore-keeper.ts';
import type { Problem } from './problems.ts';
import type { Settler } from './settler.ts';

/** Passes on what the watcher of a folder says. */
export function watchListener(
  ignores: IgnoreKeeper,
  settler: Settler,
  rescan: (directory: string) => void,
  warn: (problem?: Problem) => void,
): WatchListener {
  return {
    touched: (news) => {
      ignores.touched(news.map(({ name }) => name));
      settler.news(news);
    },
    lost: rescan,
    degraded: (reason, fix) => {
      const text = fix === undefined ? reason : `${reason}. ${fix}`;
      warn({ name: '', reason: 'watching', text });
    },
    restored: () => warn(),
  };
}
