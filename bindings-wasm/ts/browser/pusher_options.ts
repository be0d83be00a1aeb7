import { MetrionError, Registry, register } from '../index';
import type { Target } from './delivery';

/** What was given up. */
export interface Dropped {
  /**
   * `refused`: the endpoint will not have it. `too_long`: one series alone is longer than a batch may be. `full`: what
   * an earlier page left is more than the queue holds. `blocked`: the page's policy forbids the endpoint.
   */
  reason: 'refused' | 'too_long' | 'full' | 'blocked';
  /** How many series moved in it. */
  series: number;
}

/** Where a page pushes to, how often, and how much may wait. */
export interface PusherOptions {
  /** The receiving endpoint, http or https; relative ones are of the page. */
  url: string | URL;
  /** What is sent: `register` by default. */
  registry?: Registry;
  /** How often, in seconds; 15 by default. */
  intervalSeconds?: number;
  /** How long an answer may take, in seconds; 10 by default. */
  timeoutSeconds?: number;
  /** The wait after the first failure, in seconds, doubled with each further one; 1 by default. */
  retrySeconds?: number;
  /** The longest such wait, in seconds; 300 by default. */
  maxRetrySeconds?: number;
  /** How many batches wait at most; 16 by default. */
  maxQueue?: number;
  /** How many bytes they have at most, all together; 262,144 by default. */
  maxBytes?: number;
  /** Headers of every request. Beacons have none: with headers, `fetch` with `keepalive` takes their place. */
  headers?: Readonly<Record<string, string>>;
  /** Whether batches that could not be sent go to `localStorage` for the next page of the origin; not by default. */
  persist?: boolean;
  /** Told of everything that is given up. */
  onDrop?: (dropped: Dropped) => void;
}

/** The options with their defaults, checked. */
export interface PusherSettings extends Required<Omit<PusherOptions, 'url' | 'headers' | 'onDrop' | 'timeoutSeconds'>> {
  target: Target;
  onDrop: ((dropped: Dropped) => void) | undefined;
}

/** Throws a MetrionError `invalid_value` that names the option. */
export function checkOptions(options: PusherOptions): PusherSettings {
  if (typeof options !== 'object' || options === null) {
    throw wrong('a pusher is made with an object of options', options);
  }
  const { registry = register, headers = {}, persist = false, onDrop } = options;
  if (!(registry instanceof Registry)) {
    throw wrong('registry is a Registry', registry);
  }
  if (typeof headers !== 'object' || headers === null) {
    throw wrong('headers is an object of texts', headers);
  }
  if (typeof persist !== 'boolean') {
    throw wrong('persist is true or false', persist);
  }
  if (onDrop !== undefined && typeof onDrop !== 'function') {
    throw wrong('onDrop is a function', onDrop);
  }
  const timeoutSeconds = seconds(options, 'timeoutSeconds', 10);
  const retrySeconds = seconds(options, 'retrySeconds', 1);
  return {
    target: { url: checkUrl(options.url), headers: { ...headers }, timeoutSeconds },
    registry,
    intervalSeconds: seconds(options, 'intervalSeconds', 15),
    retrySeconds,
    maxRetrySeconds: Math.max(seconds(options, 'maxRetrySeconds', 300), retrySeconds),
    maxQueue: whole(options, 'maxQueue', 16),
    maxBytes: whole(options, 'maxBytes', 262_144),
    persist,
    onDrop,
  };
}

function checkUrl(given: unknown): string {
  let url: URL;
  try {
    url = new URL(String(given), globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    throw wrong('url is an address', given);
  }
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || given === undefined) {
    throw wrong('url is an address of http or https', given);
  }
  url.hash = '';
  return url.href;
}

type NumberOption = 'intervalSeconds' | 'timeoutSeconds' | 'retrySeconds' | 'maxRetrySeconds' | 'maxQueue' | 'maxBytes';

/** Timers of browsers count milliseconds in 31 bits. */
const LONGEST = 2_147_483;

function seconds(options: PusherOptions, name: NumberOption, otherwise: number): number {
  const value = options[name] ?? otherwise;
  if (typeof value !== 'number' || !(value > 0 && value <= LONGEST)) {
    throw wrong(`${name} is a number of seconds above 0, at most ${LONGEST}`, value);
  }
  return value;
}

function whole(options: PusherOptions, name: NumberOption, otherwise: number): number {
  const value = options[name] ?? otherwise;
  if (!Number.isSafeInteger(value) || value < 1) {
    throw wrong(`${name} is a whole number from 1 up`, value);
  }
  return value;
}

function wrong(what: string, value: unknown): MetrionError {
  return new MetrionError('invalid_value', `${what}, not ${typeof value === 'object' ? 'this object' : String(value)}`);
}
