import { expectError, expectType } from 'tsd';

import * as client from '../../dist/prom_client';

// What programs in TypeScript write with prom-client.
const counter = new client.Counter({ name: 'c', help: '', labelNames: ['a', 'b'] });
expectType<client.Counter<'a' | 'b'>>(counter);
counter.inc({ a: 1 }, 2);
counter.labels('x', 'y').inc();
expectError(counter.inc({ c: 1 }));

const gauge = new client.Gauge<'a'>({ name: 'g', help: '', labelNames: ['a'] as const });
gauge.set({ a: 'x' }, 1);
expectType<number>(gauge.startTimer({ a: 'x' })());
expectError(gauge.set('5'));

const config: client.HistogramConfiguration<string> = { name: 'h', help: '', buckets: [1, 2] };
const histogram: client.Histogram<string> = new client.Histogram(config);
histogram.observe({ anything: 'x' }, 1);
new client.Summary({ name: 's', help: '', percentiles: [0.5], collect() {} }).observe(1);

const registry: client.Registry = new client.Registry();
expectType<Promise<string>>(registry.metrics());
expectType<Promise<string>>(client.register.metrics());
client.collectDefaultMetrics({ register: registry, prefix: 'x_' });
expectType<readonly number[]>(client.linearBuckets(0, 1, 2) as readonly number[]);
