/** Metrics of Express applications. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import { register } from '../registry';
import { observe } from './exchange';
import { HttpFamilies, type HttpOptions } from './families';
import { pathOf, sendMetrics } from './page';

/** What of Express' request is needed. */
interface Request extends IncomingMessage {
  baseUrl?: string;
  route?: { path?: unknown };
}

type Middleware = (request: Request, response: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Middleware that counts requests by method, route template and status, and serves the metrics.
 *
 * Use it before the routes: `app.use(middleware())`.
 */
export function middleware(options: HttpOptions = {}): Middleware {
  const families = new HttpFamilies(options);
  const { registry = register, path = '/metrics' } = options;
  return (request, response, next) => {
    const { method } = request;
    if ((method === 'GET' || method === 'HEAD') && pathOf(request.url ?? '') === path) {
      void sendMetrics(registry, request, response);
      return;
    }
    observe(families, request, response, () => routeOf(request));
    next();
  };
}

/** The template of the route that took the request, with those of the routers before it. */
function routeOf(request: Request): string | undefined {
  const own = request.route?.path;
  if (own === undefined) {
    return undefined;
  }
  // A route may also be a regular expression or a list.
  const path = typeof own === 'string' ? own : String(own);
  const base = request.baseUrl ?? '';
  return path === '/' && base !== '' ? base : base + path;
}
