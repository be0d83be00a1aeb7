// What JavaScript has no more is given back to the module.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Counter, Registry } from 'metrion-wasm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Finalizers run some turns after a collection. */
async function collect() {
  gc();
  for (let i = 0; i < 5; i++) {
    await turn();
  }
}

test('series that come and go fit into a small registry', async () => {
  const registry = new Registry();
  const counter = new Counter({ name: 'c', help: '', labelNames: ['i'], registers: [registry] });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 1000; i++) {
      counter.inc({ i: `${round}-${i}` });
    }
    counter.clear();
    await collect();
  }
  counter.inc({ i: 'last' });
  assert.equal(await registry.metrics(), '# TYPE c_total counter\nc_total{i="last"} 1\n');
});

test('registries that come and go fit into the memory', async () => {
  // 6 GB together: more than there is.
  for (let i = 0; i < 250; i++) {
    const counter = new Counter({ name: 'c', help: '', registers: [new Registry({ maxEntries: 65_536 })] });
    counter.inc();
    assert.equal(counter.labels().value(), 1);
    if (i % 10 === 0) {
      await collect();
    }
  }
});
