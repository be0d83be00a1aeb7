/** Time that passes. */

/** The moment that it is. */
export function start(): [number, number] {
  return process.hrtime();
}

/** The seconds since then. */
export function secondsSince(began: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(began);
  return seconds + nanoseconds / 1e9;
}
