/** Time that passes. */

/** The moment that it is, in milliseconds since some other. */
export function start(): number {
  return performance.now();
}

/** The seconds since then. */
export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
