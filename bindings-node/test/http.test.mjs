// The metrics of HTTP requests, over real sockets.

import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import express from 'express';
import fastify from 'fastify';
import { Counter, MetrionError, Registry } from 'metrion';
import { middleware } from 'metrion/express';
import { metrics } from 'metrion/fastify';
import { instrument, startHttpServer } from 'metrion/http';

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

// Polls, as a response reaches the client before the server knows that it has ended.
async function eventually(url, name, expected) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(name));
    try {
      return assert.deepEqual(lines.sort(), [...expected].sort());
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

const EXPECTED = [
  'http_requests_total{method="GET",route="/users/:id",status="200"} 2',
  'http_requests_total{method="POST",route="/users",status="201"} 1',
  'http_requests_total{method="GET",route="unmatched",status="404"} 1',
];

async function exercise(url) {
  assert.equal(await (await fetch(`${url}/users/1`)).text(), 'user 1');
  assert.equal(await (await fetch(`${url}/users/2?x=y`)).text(), 'user 2');
  assert.equal((await fetch(`${url}/users`, { method: 'POST', body: 'x'.repeat(300) })).status, 201);
  assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  await eventually(url, 'http_requests_total', EXPECTED);
  await eventually(url, 'http_request_size_bytes_sum{method="POST"', [
    'http_request_size_bytes_sum{method="POST",route="/users",status="201"} 300',
  ]);
  await eventually(url, 'http_response_size_bytes_sum{method="GET",route="/users/:id"', [
    'http_response_size_bytes_sum{method="GET",route="/users/:id",status="200"} 12',
  ]);
  await eventually(url, 'http_request_duration_seconds_count{method="POST"', [
    'http_request_duration_seconds_count{method="POST",route="/users",status="201"} 1',
  ]);
}

test('Express', async () => {
  const app = express();
  app.use(middleware({ registry: new Registry() }));
  const users = express.Router();
  users.get('/:id', (req, res) => res.send(`user ${req.params.id}`));
  users.post('/', express.text({ type: '*/*' }), (req, res) => res.status(201).send('made'));
  app.use('/users', users);
  const server = createServer(app);
  try {
    await exercise(await listening(server));
  } finally {
    server.close();
  }
});

test('Fastify', async () => {
  const app = fastify();
  app.register(metrics, { registry: new Registry() });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.get('/users/:id', async (request) => `user ${request.params.id}`);
  app.post('/users', async (_request, reply) => reply.code(201).send('made'));
  try {
    await exercise(await app.listen({ port: 0, host: '127.0.0.1' }));
  } finally {
    await app.close();
  }
});

test('node:http', async () => {
  const route = ({ url }) => (/^\/users\/\d+/.test(url) ? '/users/:id' : url === '/users' ? url : undefined);
  const listener = (req, res) => {
    const user = /^\/users\/(\d+)/.exec(req.url);
    if (user) return res.end(`user ${user[1]}`);
    req.resume().on('end', () => {
      res.statusCode = req.url === '/users' ? 201 : 404;
      res.end();
    });
  };
  const server = createServer(instrument(listener, { registry: new Registry(), route }));
  try {
    await exercise(await listening(server));
  } finally {
    server.close();
  }
});

test('a client that goes away', async () => {
  const registry = new Registry();
  let seen;
  const arrived = new Promise((resolve) => {
    seen = resolve;
  });
  const server = createServer(instrument(() => seen(), { registry, route: () => '/slow' }));
  const url = await listening(server);
  try {
    const asked = request(`${url}/slow`)
      .on('error', () => {})
      .end();
    await arrived;
    await eventually(url, 'http_requests_in_flight', ['http_requests_in_flight{method="GET",route="/slow"} 1']);
    asked.destroy();
    await eventually(url, 'http_requests_in_flight', ['http_requests_in_flight{method="GET",route="/slow"} 0']);
    await eventually(url, 'http_requests_total', ['http_requests_total{method="GET",route="/slow",status="499"} 1']);
  } finally {
    server.close();
  }
});

test('a server for scrapes negotiates, compresses and filters', async () => {
  const registry = new Registry();
  new Counter({ name: 'a_total', help: '', registers: [registry] }).inc();
  new Counter({ name: 'b_total', help: '', registers: [registry] });
  const server = await startHttpServer({ registry, port: 0 });
  const { port } = server.address();
  try {
    const raw = (headers, path = '/metrics') =>
      new Promise((resolve, reject) => {
        request({ port, path, headers, host: '127.0.0.1' }, (res) => {
          const chunks = [];
          res
            .on('data', (chunk) => chunks.push(chunk))
            .on('end', () => resolve({ headers: res.headers, body: Buffer.concat(chunks) }));
        })
          .on('error', reject)
          .end();
      });
    const zipped = await raw({ 'accept-encoding': 'gzip', accept: 'application/openmetrics-text;version=1.0.0' });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.match(zipped.headers['content-type'], /openmetrics-text; version=1.0.0/);
    assert.equal(
      gunzipSync(zipped.body).toString(),
      '# TYPE a counter\na_total 1.0\n# TYPE b counter\nb_total 0.0\n# EOF\n',
    );
    assert.equal((await raw({}, '/?name[]=b_total')).body.toString(), '# TYPE b_total counter\nb_total 0\n');
    await assert.rejects(
      startHttpServer({ registry, port }),
      (error) => error instanceof MetrionError && error.code === 'address_in_use',
    );
  } finally {
    server.close();
  }
});
