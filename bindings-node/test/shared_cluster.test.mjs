// A cluster whose workers share a registry: whichever worker is asked answers for all.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Agent, get } from 'node:http';
import { test } from 'node:test';

import { CAN_SHARE, Child, eventually, program, sharedPath } from './processes.mjs';

// Each request on a connection of its own, so that workers take turns.
const agent = new Agent({ keepAlive: false, maxSockets: 8 });

function fetched(port, path) {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      const chunks = [];
      response
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => resolve({ pid: response.headers['x-pid'], body: Buffer.concat(chunks).toString() }))
        .on('error', reject);
    });
    request.on('error', reject);
  });
}

const valueOf = (page, name) => {
  const line = page.split('\n').find((own) => own.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
};

for (const library of ['metrion', 'metrion/prom-client']) {
  test(`a cluster behind one port: ${library}`, { skip: !CAN_SHARE, timeout: 240_000 }, async (t) => {
    const env = { METRION_SHARED: sharedPath(t) };
    const primary = await Child.start(t, { file: 'shared_cluster.mjs', env, args: [library] });
    let { port, pids } = primary.first;
    primary.own.on('message', (message) => {
      pids = message.pids ?? pids;
    });
    let sent = 0;
    let last = 0;
    const asked = new Set();
    const scrape = async () => {
      const { pid, body } = await fetched(port, '/metrics');
      asked.add(pid);
      const seen = valueOf(body, 'requests_total{path="/a"}');
      assert.ok(seen >= last && seen <= sent, `${seen} after ${last}, of ${sent}`);
      last = seen;
      return body;
    };
    const load = async (count) => {
      const work = async () => {
        for (let i = 0; i < count / 4; i++) {
          sent += 1;
          await fetched(port, '/a');
        }
      };
      let isDone = false;
      const works = Promise.all(Array.from({ length: 4 }, work)).finally(() => {
        isDone = true;
      });
      while (!isDone) {
        await scrape();
      }
      await works;
    };
    const check = async () => {
      const page = await scrape();
      assert.equal(valueOf(page, 'requests_total{path="/a"}'), sent);
      assert.equal(valueOf(page, 'took_seconds_count'), sent);
      assert.equal(valueOf(page, 'took_seconds_bucket{le="1"}'), sent);
      assert.equal(valueOf(page, 'took_seconds_sum'), sent / 2);
      assert.equal(valueOf(page, 'flight'), 0);
      assert.equal(valueOf(page, 'up'), 4);
      assert.equal(await primary.run(() => undefined), page);
    };
    await load(400);
    await check();
    for (let round = 0; round < 2; round++) {
      const [killed] = pids;
      process.kill(killed, 'SIGKILL');
      await eventually('another worker is there', () => !pids.includes(killed));
      await load(200);
      await check();
    }
    assert.ok(asked.size > 1, 'more than one worker was asked');
  });

  test(`a primary that does not share is told so: ${library}`, { skip: !CAN_SHARE, timeout: 240_000 }, (t) => {
    const args = [program('shared_workers.mjs'), library, sharedPath(t)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.match(stdout, /^a shared registry is read by whoever asks, .* primary/, stderr);
  });
}
