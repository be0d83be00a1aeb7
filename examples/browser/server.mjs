// The server of the page: it takes what pages push, adds it up, and shows it to Prometheus.
//
//   node server.mjs [PORT [FOLDER]]     FOLDER has the page: this one, or what Vite built

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Counter, collectDefaultMetrics, register } from 'metrion';
import { sendMetrics } from 'metrion/http';

import { Receiver, Refusal } from './receiver.mjs';

const [port = '8090', folder = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2);
const packages = fileURLToPath(new URL('node_modules/metrion-wasm/dist/', import.meta.url));

const receiver = new Receiver();
register.registerCollector(receiver);
collectDefaultMetrics();
const batches = new Counter({
  name: 'push_batches_total',
  help: 'Batches that pages pushed: new ones, ones that came again, and wrong ones.',
  labelNames: ['result'],
});

/** The longest body; pages keep theirs below 30,000 bytes. */
const MAX_BODY = 65_536;

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!(error instanceof Refusal)) {
      console.error(error);
    }
    response.writeHead(error instanceof Refusal ? error.status : 500, { Connection: 'close' }).end(error.message);
  });
});

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  switch (`${request.method} ${pathname}`) {
    case 'POST /push':
      return push(request, response);
    case 'GET /metrics':
      return sendMetrics(register, request, response);
    case 'GET /all':
      return follow(request, response);
    case 'GET /price':
      return response.end('2.50');
    case 'GET /':
      return sendFile(response, folder, 'index.html');
    default:
      return pathname.startsWith('/packages/metrion-wasm/')
        ? sendFile(response, packages, pathname.slice('/packages/metrion-wasm/'.length))
        : sendFile(response, folder, pathname);
  }
}

async function push(request, response) {
  try {
    batches.inc({ result: receiver.take(await bodyOf(request)) ? 'added' : 'repeated' });
  } catch (error) {
    batches.inc({ result: 'refused' });
    throw error;
  }
  response.writeHead(204).end();
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY) {
      throw new Refusal(413, `a body is at most ${MAX_BODY} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The families of the pages, twice a second, for the live view. */
function follow(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = async () => {
    const names = ['push_batches_total', ...receiver.collect().map(({ name }) => name)];
    const { body } = await register.encode({ names });
    response.write(`data: ${JSON.stringify(body.toString())}\n\n`);
  };
  const timer = setInterval(() => send().catch(console.error), 500);
  response.on('close', () => clearInterval(timer));
  return send();
}

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

async function sendFile(response, from, path) {
  const type = TYPES[extname(path)];
  const body =
    type === undefined ? undefined : await readFile(join(from, normalize(`/${path}`))).catch(() => undefined);
  if (body === undefined) {
    throw new Refusal(404, 'not found');
  }
  response.writeHead(200, { 'Content-Type': type }).end(body);
}

server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
