/** Metrics of Fastify applications. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import { register } from '../registry';
import { observe } from './exchange';
import { HttpFamilies, type HttpOptions } from './families';
import { sendMetrics } from './page';

/** What of Fastify is needed. */
interface Instance {
  addHook(name: 'onRequest', hook: (request: any, reply: any, done: (error?: Error) => void) => void): unknown;
  route(options: object): unknown;
}

interface Request {
  raw: IncomingMessage;
  is404?: boolean;
  routeOptions?: { url?: string };
}

interface Reply {
  raw: ServerResponse;
  hijack(): unknown;
}

function plugin(app: Instance, options: HttpOptions, done: (error?: Error) => void): void {
  const families = new HttpFamilies(options);
  const { registry = register, path = '/metrics' } = options;
  app.addHook('onRequest', (request: Request, reply: Reply, next: () => void) => {
    const route = request.is404 === true ? undefined : request.routeOptions?.url;
    if (path === false || route !== path) {
      observe(families, request.raw, reply.raw, () => route);
    }
    next();
  });
  if (path !== false) {
    const handler = (request: Request, reply: Reply): void => {
      reply.hijack();
      void sendMetrics(registry, request.raw, reply.raw);
    };
    app.route({ method: ['GET', 'HEAD'], url: path, handler });
  }
  done();
}

/**
 * A plugin that counts requests by method, route template and status, and serves the metrics.
 *
 * Register it before the routes: `app.register(metrics)`.
 */
export const metrics: (app: any, options: HttpOptions, done: (error?: Error) => void) => void = Object.assign(plugin, {
  // Its hooks are for all routes, and not only for those of a plugin of its own.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'metrion',
});
