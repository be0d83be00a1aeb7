// Pages of the drop-in are written in slices: the event loop goes on, and the page is what it would be.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mock, test } from 'node:test';

const require = createRequire(import.meta.url);
const dropIn = require('metrion/prom-client');
const original = require('prom-client');

const SERIES = 100_000;

function counterOf(lib, count) {
  const registry = new lib.Registry();
  const counter = new lib.Counter({ name: 'c', help: 'x', labelNames: ['a', 'b'], registers: [registry] });
  for (let i = 0; i < count; i++) {
    counter.inc({ a: `value ${i}`, b: i % 7 }, i / 4);
  }
  return { registry, counter };
}

/** Calls `each` in every turn of the event loop until the promise is settled; how often, and its value. */
async function during(promise, each = () => undefined) {
  let isPending = true;
  let turns = 0;
  const turn = () => {
    if (isPending) {
      turns += 1;
      each(turns);
      setImmediate(turn);
    }
  };
  setImmediate(turn);
  const value = await promise.finally(() => (isPending = false));
  return { turns, value };
}

test('the event loop goes on during a scrape of many series', async () => {
  const { registry } = counterOf(dropIn, SERIES);
  const { turns, value } = await during(registry.metrics());
  // No slice has more than 512 lines, on a machine however fast.
  assert.ok(turns >= SERIES / 512 - 1, `${turns} turns`);
  assert.equal(value, await counterOf(original, SERIES).registry.metrics());
});

test('a histogram of many series is written in slices, too', async () => {
  const pages = [];
  for (const lib of [dropIn, original]) {
    const registry = new lib.Registry(lib.openMetricsContentType);
    registry.setDefaultLabels({ env: 'test' });
    const histogram = new lib.Histogram({ name: 'h', help: 'x', labelNames: ['a'], registers: [registry] });
    for (let i = 0; i < 1000; i++) {
      histogram.observe({ a: i }, i / 100);
    }
    void new lib.Gauge({ name: 'g', help: 'x', registers: [registry] });
    pages.push(await during(registry.metrics()));
  }
  assert.ok(pages[0].turns >= (1000 * 14) / 512 - 1);
  assert.equal(pages[0].value, pages[1].value);
});

test('scrapes at once take turns, and each has the whole page', async () => {
  const { registry } = counterOf(dropIn, 5000);
  const alone = await registry.metrics();
  const { turns, value } = await during(Promise.all([registry.metrics(), registry.metrics(), registry.metrics()]));
  assert.deepEqual(value, [alone, alone, alone]);
  assert.ok(turns >= 3 * Math.floor(5000 / 512), `${turns} turns`);
});

test('a scrape ends however fast series are made, and changes of the registry are for the next one', async () => {
  const { registry, counter } = counterOf(dropIn, 5000);
  const { value } = await during(registry.metrics(), (turn) => {
    registry.setDefaultLabels({ late: '1' });
    registry.setContentType(dropIn.openMetricsContentType);
    for (let i = 0; i < 1000; i++) {
      counter.inc({ a: `turn ${turn}`, b: i });
    }
    counter.remove(`turn ${turn}`, '3');
  });
  assert.equal(value, await counterOf(original, 5000).registry.metrics());
  assert.match(await registry.metrics(), /^c_total\{a="turn 1",b="1",late="1"\} 1$/m);
});

test('what is reset after a scrape began is in its page as it was', async () => {
  const [ours, theirs] = [dropIn, original].map((lib) => {
    const { registry, counter } = counterOf(lib, 5000);
    const common = { help: 'x', registers: [registry] };
    new lib.Gauge({ ...common, name: 'g' }).set(7);
    new lib.Histogram({ ...common, name: 'h', buckets: [1] }).observe(7);
    const summary = new lib.Summary({ ...common, name: 's', labelNames: ['l'] });
    summary.observe({ l: 1 }, 7);
    const pages = [registry.metrics(), counter.get().then(({ values }) => values.length)];
    registry.resetMetrics();
    summary.observe({ l: 2 }, 3);
    return Promise.all([...pages, registry.metrics()]);
  });
  assert.deepEqual(await ours, await theirs);
});

test('a `get` that a subclass has of its own is asked', async () => {
  const registry = new dropIn.Registry();
  class Fixed extends dropIn.Gauge {
    async get() {
      return { ...(await super.get()), values: [{ labels: {}, value: 42 }] };
    }
  }
  void new Fixed({ name: 'g', help: 'x', registers: [registry] });
  assert.equal(await registry.metrics(), '# HELP g x\n# TYPE g gauge\ng 42\n');
});

test('what a collector fails with is what the scrape fails with', async () => {
  const { registry } = counterOf(dropIn, 1000);
  const collect = () => {
    throw new Error('no data');
  };
  void new dropIn.Gauge({ name: 'g', help: 'x', registers: [registry], collect });
  await assert.rejects(registry.metrics(), { message: 'no data' });
});

test('a scrape ends while timers are replaced for a test', { skip: mock.timers === undefined }, async () => {
  const { registry } = counterOf(dropIn, 2000);
  mock.timers.enable({ apis: ['setImmediate', 'setTimeout', 'setInterval', 'Date'] });
  try {
    assert.equal((await registry.metrics()).split('\n').length, 2003);
  } finally {
    mock.timers.reset();
  }
});
