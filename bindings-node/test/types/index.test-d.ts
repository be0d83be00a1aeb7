import { expectAssignable, expectError, expectType } from 'tsd';

import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  Summary,
  register,
  type GaugeMode,
  type MetricObject,
} from '../../dist';

const counter = new Counter({ name: 'c', help: '', labelNames: ['method', 'status'] });
expectType<Counter<readonly ['method', 'status']>>(counter);
expectType<void>(counter.inc({ method: 'GET', status: 200 }));
expectType<void>(counter.labels('GET', 200).inc(2, { trace_id: 'x' }));
expectError(counter.labels('GET'));
expectError(counter.labels('GET', 200, 'x'));
expectError(counter.inc({ method: 'GET' }));
expectError(counter.inc({ method: 'GET', status: 200, other: 1 }));
expectError(counter.inc('5'));
expectError(counter.labels('GET', null));
expectType<boolean>(counter.remove('GET', 200));

const plain = new Counter({ name: 'p', help: '' });
plain.inc();
plain.inc(2);
expectError(plain.labels('x'));
expectError(new Counter({ name: 'p' }));

const names: string[] = ['a', 'b'];
const open = new Gauge({ name: 'g', help: '', labelNames: names });
open.labels('x', 'y').set(1);
open.set({ a: 1, b: 2 }, 3);

const end = new Histogram({ name: 'h', help: '', labelNames: ['a'] }).startTimer({ a: 1 });
expectType<number>(end());
expectError(new Histogram({ name: 'h', help: '', buckets: ['1'] }));
expectError(new Gauge({ name: 'g', help: '', mode: 'other' }));
expectType<GaugeMode>(new Gauge({ name: 'g', help: '', mode: 'livemostrecent' }).mode);
expectType<boolean>(new Registry({ shared: '/dev/shm/app', moveDamagedAside: true }).isShared);
expectAssignable<Registry>(new AggregatorRegistry({ shared: '/dev/shm/app' }));
expectAssignable<Registry>(new AggregatorRegistry(Registry.OPENMETRICS_CONTENT_TYPE));
expectError(new Registry({ shared: true }));
new Summary({ name: 's', help: '', percentiles: [0.5], collect() {} }).observe(1);

expectType<Promise<string>>(register.metrics());
expectType<Promise<Buffer>>(register.metricsBuffer());
expectType<Promise<MetricObject[]>>(register.getMetricsAsJSON());
expectAssignable<Registry>(Registry.merge([register]));
