// Two origins for the tests in Chromium: a site with a page that counts clicks, and an endpoint that it pushes to.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Receiver } from '../../../examples/browser/receiver.mjs';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Any origin may read this, as what is blocked in a test is blocked by the browser. */
const OPEN = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After' };

async function listen(t, handle) {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** A page that counts clicks and pushes to `endpoint`; `headers` come with the page. */
export async function startSite(t, endpoint, { options = {}, headers = {}, collect = false } = {}) {
  const html = `<!doctype html><title>Clicks</title><link rel="icon" href="data:,">
    <h1>Clicks</h1><button>Click</button>
    <script type="module">
      import { Counter } from '/dist/browser/index.js';
      import { Pusher, collectBrowserMetrics } from '/dist/browser/browser/index.js';
      const clicks = new Counter({ name: 'clicks_total', help: 'Clicks.' });
      if (${collect}) collectBrowserMetrics({ fetch: { route: (url) => url.pathname } });
      globalThis.pusher = new Pusher({ url: '${endpoint}/push', ...${JSON.stringify(options)} });
      document.querySelector('button').addEventListener('click', () => clicks.inc());
      document.title = 'ready';
    </script>`;
  return listen(t, async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html', ...headers }).end(html);
    } else if (pathname.startsWith('/dist/')) {
      const body = await readFile(join(DIST, pathname.slice('/dist/'.length))).catch(() => undefined);
      response
        .writeHead(body ? 200 : 404, { 'Content-Type': TYPES[extname(pathname)] ?? 'text/plain', ...OPEN })
        .end(body);
    } else {
      response.writeHead(pathname === '/price' ? 200 : 404, OPEN).end('2.50');
    }
  });
}

/** An endpoint whose answers a test chooses: `answer(response)` for what to do, or nothing to accept. */
export async function startEndpoint(t) {
  const endpoint = { receiver: new Receiver(), answer: undefined, bodies: [], times: [], url: '' };
  endpoint.url = await listen(t, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    if (request.method !== 'POST') {
      response.writeHead(204, OPEN).end();
      return;
    }
    const body = Buffer.concat(chunks).toString();
    endpoint.bodies.push(body);
    endpoint.times.push(performance.now());
    if (endpoint.answer?.(response, body) !== undefined) {
      return;
    }
    endpoint.receiver.take(body);
    response.writeHead(204, OPEN).end();
  });
  /** What was added up: each sample by its name and labels. */
  endpoint.totals = () => {
    const samples = endpoint.receiver.collect().flatMap((family) => family.samples);
    const text = ({ name, labels }) =>
      name +
      Object.entries(labels)
        .map(([label, value]) => `,${label}=${value}`)
        .join('');
    return Object.fromEntries(samples.map((sample) => [text(sample), sample.value]));
  };
  endpoint.clicks = () => endpoint.totals().clicks_total ?? 0;
  return endpoint;
}

/** Answers with this status. */
export const status = (code, headers) => (response) => response.writeHead(code, { ...OPEN, ...headers }).end();
