/** CPU time, memory and file descriptors of the process. */

import { readFileSync, readdirSync } from 'node:fs';

import type { Maker } from './maker';

export function processCpuTotal(make: Maker): void {
  let last = process.cpuUsage();
  const user = make.counter('process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.', () => {
    const now = process.cpuUsage();
    const userSeconds = (now.user - last.user) / 1e6;
    const systemSeconds = (now.system - last.system) / 1e6;
    last = now;
    user.inc(make.labels, userSeconds);
    system.inc(make.labels, systemSeconds);
    both.inc(make.labels, userSeconds + systemSeconds);
  });
  const system = make.counter('process_cpu_system_seconds_total', 'Total system CPU time spent in seconds.');
  const both = make.counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.');
}

export function processStartTime(make: Maker): void {
  const started = Math.round(Date.now() / 1000 - process.uptime());
  const gauge = make.gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', {
    aggregator: 'omit',
    collect: () => gauge.set(make.labels, started),
  });
}

export function osMemoryHeap(make: Maker): void {
  const help = 'Resident memory size in bytes.';
  if (process.platform !== 'linux') {
    const resident = make.gauge('process_resident_memory_bytes', help, {
      collect: () => resident.set(make.labels, process.memoryUsage.rss()),
    });
    return;
  }
  const resident = make.gauge('process_resident_memory_bytes', help, {
    collect: () => {
      // A file of /proc is no file: reading it never waits for a disk.
      const status = procFile('status');
      resident.set(make.labels, kilobytes(status, 'VmRSS'));
      virtual.set(make.labels, kilobytes(status, 'VmSize'));
      heap.set(make.labels, kilobytes(status, 'VmData'));
    },
  });
  const virtual = make.gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.');
  const heap = make.gauge('process_heap_bytes', 'Process heap size in bytes.');
}

export function processOpenFileDescriptors(make: Maker): void {
  if (process.platform !== 'linux') {
    return;
  }
  const gauge = make.gauge('process_open_fds', 'Number of open file descriptors.', {
    // Without the one that reads the folder.
    collect: () => gauge.set(make.labels, readdirSync('/proc/self/fd').length - 1),
  });
}

export function processMaxFileDescriptors(make: Maker): void {
  const found = /^Max open files\s+(\d+)/m.exec(procFile('limits'));
  if (found === null) {
    return;
  }
  const gauge = make.gauge('process_max_fds', 'Maximum number of open file descriptors.', {
    collect: () => gauge.set(make.labels, Number(found[1])),
  });
}

/** A file of /proc about this process; nothing where there is no such folder. */
function procFile(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function kilobytes(status: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status);
  return found === null ? 0 : Number(found[1]) * 1024;
}
