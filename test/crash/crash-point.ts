/**
 * Named points at which a node can be told to kill itself: between what system calls tell apart. They are put around the ports
 * from outside (machine-with-points.ts, bundled in the product's place by built-node.ts); the product knows nothing of them.
 *
 * A test orders the kill by a file that the environment names: `{"point":"records.saveLocal done","number":2}` dies at the second
 * time from then on that the point is passed; `{"list":"<path>"}` writes each passed point as a line to that file instead.
 * @module
 */
import { appendFileSync, readFileSync } from 'node:fs';

/** The environment's name for the path of the order. */
export const ORDER_VARIABLE = 'LANFOLD_CRASH_ORDER';

export type Order = { readonly list: string } | { readonly point: string; readonly number: number };

const orderPath = process.env[ORDER_VARIABLE];
let lastOrder = '';
let passed = 0;

/** Dies here, by SIGKILL, if that was ordered. */
export function crashPoint(name: string): void {
  const text = orderText();
  if (text === '') return;
  if (text !== lastOrder) [lastOrder, passed] = [text, 0];
  const order = JSON.parse(text) as Order;
  if ('list' in order) appendFileSync(order.list, `${name}\n`);
  else if (order.point === name && (passed += 1) === order.number) process.kill(process.pid, 'SIGKILL');
}

/** A port whose methods of these names have a point before (`asked`) and one after (`done`). */
export function withPoints<Port extends object>(
  port: Port,
  label: string,
  methods: readonly (keyof Port & string)[],
): Port {
  const isChosen = (key: string | symbol): boolean => (methods as readonly (string | symbol)[]).includes(key);
  return new Proxy(port, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (!isChosen(key)) return value.bind(target) as unknown;
      return (...parameters: unknown[]): unknown => {
        const point = `${label}.${String(key)}`;
        crashPoint(`${point} asked`);
        const result: unknown = Reflect.apply(value, target, parameters);
        if (!(result instanceof Promise)) return donePoint(point, result);
        return result.then((answer: unknown) => donePoint(point, answer));
      };
    },
  });
}

function donePoint(point: string, result: unknown): unknown {
  crashPoint(`${point} done`);
  return result;
}

function orderText(): string {
  if (orderPath === undefined) return '';
  try {
    return readFileSync(orderPath, 'utf8');
  } catch {
    return ''; // nothing is ordered
  }
}
