/** How long requests by `fetch` take. */

import { Histogram } from '../index';
import type { Settings } from './settings';

/** How requests are told apart. */
export interface FetchOptions {
  /**
   * The route of a URL: one of few texts, as each is a series. By default `same-origin` or `cross-origin`. What it
   * throws is not seen by the page: the route is `unmatched` then.
   */
  route?: (url: URL, method: string) => string;
  /** The upper bounds, in seconds. */
  buckets?: readonly number[];
}

type Fetch = typeof globalThis.fetch;

/** What each wrapper calls, so that what is sent about the page is not measured itself. */
const originals = new WeakMap<Fetch, Fetch>();

/** The page's `fetch` without our wrapper, bound as browsers need it. */
export function originalFetch(): Fetch {
  let own = globalThis.fetch;
  for (let inner = originals.get(own); inner !== undefined; inner = originals.get(own)) {
    own = inner;
  }
  return own.bind(globalThis);
}

/**
 * Measures the time from the call to the answer's head as `fetch_duration_seconds{method, status, route}`. `status` is
 * the number, `aborted` when the page gave up, `error` when there was no answer, and `opaque` when the browser hides
 * it. Gives the function that ends it.
 */
export function timeFetch({ route = byOrigin, buckets }: FetchOptions, settings: Settings): () => void {
  const original = globalThis.fetch;
  if (typeof original !== 'function') {
    return () => {};
  }
  const duration = new Histogram({
    ...settings.of('fetch_duration_seconds', 'Time from the call of fetch to the head of the answer.'),
    labelNames: ['method', 'status', 'route'],
    maxSeries: MAX_SERIES,
    buckets,
  });
  let active = true;

  const wrapper = function fetch(this: unknown, ...args: Parameters<Fetch>): Promise<Response> {
    const began = performance.now();
    const answer = Reflect.apply(original, this, args);
    if (!active || typeof answer?.then !== 'function') {
      return answer;
    }
    const record = (status: string): void => {
      const seconds = (performance.now() - began) / 1000;
      // Nothing that goes wrong here is the page's.
      settings.quietly(() => {
        const [method, path] = requestOf(args, route);
        duration.observe({ method, status, route: path }, seconds);
      });
    };
    // Not a branch beside the page's promise: that would make its rejection a handled one.
    return answer.then(
      (response) => {
        record(statusOf(response));
        return response;
      },
      (error: unknown) => {
        record(isAbort(error) ? 'aborted' : 'error');
        throw error;
      },
    );
  };
  originals.set(wrapper, original);
  globalThis.fetch = wrapper;

  return () => {
    active = false;
    // Who wrapped ours keeps a wrapper that only calls on.
    if (globalThis.fetch === wrapper) {
      globalThis.fetch = original;
    }
  };
}

/** More routes than that are a mistake in `route`: the rest is counted in the overflow series. */
const MAX_SERIES = 500;

function byOrigin(url: URL): string {
  return url.origin === location.origin ? 'same-origin' : 'cross-origin';
}

function requestOf([input, init]: Parameters<Fetch>, route: NonNullable<FetchOptions['route']>): [string, string] {
  const request = input instanceof Request ? input : undefined;
  const method = methodOf(init?.method ?? request?.method ?? 'GET');
  try {
    const url = new URL(request?.url ?? String(input), globalThis.document?.baseURI ?? location.href);
    return [method, String(route(url, method))];
  } catch {
    return [method, 'unmatched'];
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function methodOf(method: string): string {
  const upper = String(method).toUpperCase();
  return METHODS.has(upper) ? upper : 'other';
}

function statusOf(response: Response): string {
  // Optional, as what stands in for fetch in tests may give anything.
  return response?.type?.startsWith('opaque') ? 'opaque' : String(response?.status);
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
