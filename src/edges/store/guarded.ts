/**
 * Rows that no table of ours can hold are found wherever they are read; what they mean, the database has to know.
 * @module
 */
import { UnreadableRow, type Database } from './database.ts';

/** The same, but each of its calls that meets such a row ends as one that met a damaged file. */
export function guarded<T extends object>(subject: T, database: Database): T {
  return new Proxy(subject, {
    get(of, key) {
      const value: unknown = Reflect.get(of, key, of);
      if (typeof value !== 'function') return value;
      return (...words: unknown[]): unknown => {
        try {
          return Reflect.apply(value, of, words);
        } catch (error) {
          throw error instanceof UnreadableRow ? database.damaged(error.message, error) : error;
        }
      };
    },
  });
}
