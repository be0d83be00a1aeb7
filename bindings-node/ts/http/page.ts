/** The answer to a scrape. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Registry } from '../registry';

/** Answers a request with the metrics of a registry, in the format that it asks for. */
export async function sendMetrics(
  registry: Registry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const page = await registry.page({
      accept: request.headers.accept ?? '',
      acceptEncoding: text(request.headers['accept-encoding']),
      query: queryOf(request.url ?? ''),
    });
    response.statusCode = 200;
    response.setHeader('content-type', page.contentType);
    response.setHeader('content-length', page.body.length);
    response.setHeader('vary', 'Accept, Accept-Encoding');
    if (page.contentEncoding !== null) {
      response.setHeader('content-encoding', page.contentEncoding);
    }
    if (page.leftOut.length > 0) {
      response.setHeader('metrion-left-out', page.leftOut.length);
    }
    response.end(request.method === 'HEAD' ? undefined : page.body);
  } catch (error) {
    response.statusCode = 500;
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`the metrics could not be collected: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function text(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(', ') : (header ?? '');
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** The path of a request, without the query. */
export function pathOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
