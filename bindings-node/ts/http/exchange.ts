/** One request and its response, from the first to the last byte. */

import type { IncomingMessage, ServerResponse } from 'node:http';

import { secondsSince, start } from '../timer';
import { CLIENT_CLOSED_REQUEST, UNMATCHED, type HttpFamilies } from './families';

/**
 * Counts a request from here until its response has ended. `route` says the template of its route, or
 * nothing when none matches; it is asked at the end, when frameworks know it.
 */
export function observe(
  families: HttpFamilies,
  request: IncomingMessage,
  response: ServerResponse,
  route: () => string | undefined,
): void {
  const began = start();
  const method = families.method(request.method);
  // Before routing nobody knows the route, unless the caller does.
  const flight = families.flight(method, route() ?? UNMATCHED);
  const received = bodyBytes(request);
  const sent = writtenBytes(response);
  flight.inc();
  response.once('close', () => {
    flight.dec();
    const status = response.writableFinished ? String(response.statusCode) : CLIENT_CLOSED_REQUEST;
    const ended = { seconds: secondsSince(began), received: received(), sent: sent() };
    families.observe(method, route() ?? UNMATCHED, status, ended);
  });
}

/** How many bytes of the request's body were read. */
function bodyBytes(request: IncomingMessage): () => number {
  let bytes = 0;
  // Whoever pushes to the stream is the parser; listening to `data` would make it flow.
  const push = request.push;
  request.push = function (this: IncomingMessage, chunk: unknown, ...rest: [BufferEncoding?]) {
    if (chunk !== null && chunk !== undefined) {
      bytes += (chunk as Buffer).length;
    }
    return push.call(this, chunk, ...rest);
  };
  return () => bytes;
}

/** How many bytes of the response's body were written. */
function writtenBytes(response: ServerResponse): () => number {
  let bytes = 0;
  const count = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk === 'string') {
      bytes += Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
    } else if (chunk instanceof Uint8Array) {
      bytes += chunk.byteLength;
    }
  };
  const { write, end } = response;
  let ending = false;
  response.write = function (this: ServerResponse, ...given: unknown[]) {
    if (!ending) {
      count(given[0], given[1]);
    }
    return (write as (...all: unknown[]) => boolean).apply(this, given);
  } as typeof response.write;
  response.end = function (this: ServerResponse, ...given: unknown[]) {
    count(given[0], given[1]);
    // `end` may call `write`.
    ending = true;
    return (end as (...all: unknown[]) => ServerResponse).apply(this, given);
  } as typeof response.end;
  return () => bytes;
}
