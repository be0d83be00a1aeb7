/** Metrics of servers of `node:http`, and a server for scrapes. */

import cluster from 'node:cluster';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { MetrionError } from '../errors';
import { register, type Registry } from '../registry';
import { observe } from './exchange';
import { HttpFamilies, type HttpOptions } from './families';
import { pathOf, sendMetrics } from './page';

export { sendMetrics } from './page';
export type { HttpOptions } from './families';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** How the requests of a plain server are counted. */
export interface PlainOptions extends HttpOptions {
  /** The template of a request's route, for instance `/users/:id`; nothing when none matches. */
  route?: (request: IncomingMessage) => string | undefined;
}

/** A listener that counts the requests of another one, and serves the metrics. */
export function instrument(listener: Listener, options: PlainOptions = {}): Listener {
  const families = new HttpFamilies(options);
  const { registry = register, path = '/metrics', route = () => undefined } = options;
  return (request, response) => {
    const { method } = request;
    if ((method === 'GET' || method === 'HEAD') && pathOf(request.url ?? '') === path) {
      return sendMetrics(registry, request, response);
    }
    observe(families, request, response, () => route(request));
    return listener(request, response);
  };
}

/** How a server for scrapes listens. */
export interface ServerOptions {
  registry?: Registry;
  /** 9464 by default; 0 is any that is free. */
  port?: number;
  /** 127.0.0.1 by default. */
  host?: string;
}

/**
 * Serves the metrics of a registry on every path, until the server is closed. When another process serves the same
 * shared registry, a warning says so once.
 */
export function startHttpServer(options: ServerOptions = {}): Promise<Server> {
  const { registry = register, port = 9464, host = '127.0.0.1' } = options;
  const server = createServer((request, response) => void sendMetrics(registry, request, response));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'address_in_use' : 'io';
      reject(new MetrionError(code, `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => {
      warnOfSecond(registry);
      resolve(server);
    });
  });
}

/** Warns once when another process shows the same registry at another address. */
function warnOfSecond(registry: Registry): void {
  // The workers of a cluster have one address.
  const warning = cluster.isWorker ? null : registry.native.announceExporter?.();
  if (typeof warning === 'string') {
    process.emitWarning(warning, 'MetrionWarning');
  }
}
