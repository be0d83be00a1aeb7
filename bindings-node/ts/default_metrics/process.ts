/** CPU time, memory and file descriptors of the process, as the core reads them. */

import { native } from '../native';
import type { DefaultConfig, Maker } from './maker';

export function processCpuTotal(make: Maker): void {
  // One reading, so that the parts make the whole.
  const before = read();
  counter(make, 'process_cpu_user_seconds', before);
  counter(make, 'process_cpu_system_seconds', before);
  counter(make, 'process_cpu_seconds', before);
}

export function processStartTime(make: Maker): void {
  gauge(make, 'process_start_time_seconds', { aggregator: 'omit' });
}

export function osMemoryHeap(make: Maker): void {
  gauge(make, 'process_resident_memory_bytes');
  gauge(make, 'process_virtual_memory_bytes');
  gauge(make, 'process_heap_bytes');
}

export function processOpenFileDescriptors(make: Maker): void {
  gauge(make, 'process_open_fds');
}

export function processMaxFileDescriptors(make: Maker): void {
  gauge(make, 'process_max_fds');
}

const core = new native.NativeProcess();
const help = core.help();

type Readings = Readonly<Record<string, number | undefined>>;

function read(): Readings {
  return process.platform === 'linux' ? core.read() : readingsOfNode();
}

/** What the collection that is under way has read: one reading serves all metrics of a page. */
let last: Readings | undefined;

function collected(): Readings {
  if (last === undefined) {
    last = read();
    queueMicrotask(() => {
      last = undefined;
    });
  }
  return last;
}

/** The core reads nothing on other systems than Linux. */
function readingsOfNode(): Readings {
  const { user, system } = process.cpuUsage();
  return {
    process_cpu_user_seconds: user / 1e6,
    process_cpu_system_seconds: system / 1e6,
    process_cpu_seconds: (user + system) / 1e6,
    process_start_time_seconds: Math.round(Date.now() / 1000 - process.uptime()),
    process_resident_memory_bytes: process.memoryUsage.rss(),
  };
}

/** A counter of what comes after a reading. What cannot be read makes no metric, here and below. */
function counter(make: Maker, name: string, first: Readings): void {
  let before = first[name];
  if (before === undefined) {
    return;
  }
  const own = make.counter(`${name}_total`, help[name], () => {
    const now = collected()[name];
    if (now !== undefined && before !== undefined) {
      own.inc(make.labels, now - before);
      before = now;
    }
  });
}

function gauge(make: Maker, name: string, more: Partial<DefaultConfig> = {}): void {
  if (read()[name] === undefined) {
    return;
  }
  const collect = (): void => {
    // It may fail once: when the process has no file descriptor left, for instance.
    const now = collected()[name];
    if (now !== undefined) {
      own.set(make.labels, now);
    }
  };
  const own = make.gauge(name, help[name], { ...more, collect });
}
