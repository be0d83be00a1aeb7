/** Metrics of the process and of Node. */

import { Maker, type Classes, type Settings } from './maker';
import * as ofProcess from './process';
import * as ofRuntime from './runtime';

/** Each group of metrics by its name, in the order in which they show. */
export const GROUPS: Readonly<Record<string, (make: Maker) => void>> = {
  processCpuTotal: ofProcess.processCpuTotal,
  processStartTime: ofProcess.processStartTime,
  osMemoryHeap: ofProcess.osMemoryHeap,
  processOpenFileDescriptors: ofProcess.processOpenFileDescriptors,
  processMaxFileDescriptors: ofProcess.processMaxFileDescriptors,
  eventLoopLag: ofRuntime.eventLoopLag,
  processResources: ofRuntime.processResources,
  processHandles: ofRuntime.processHandles,
  processRequests: ofRuntime.processRequests,
  heapSizeAndUsed: ofRuntime.heapSizeAndUsed,
  heapSpacesSizeAndUsed: ofRuntime.heapSpacesSizeAndUsed,
  version: ofRuntime.version,
  gc: ofRuntime.gc,
};

/** The settings for a registry that is not of one process alone. */
export function ofThisProcess(settings: Settings): Settings {
  return { ...settings, labels: { ...settings.labels, pid: process.pid } };
}

/** Makes all of them with these classes. */
export function collectAll(classes: Classes, settings: Settings, registers: readonly unknown[] | undefined): void {
  const make = new Maker(classes, settings, registers);
  Object.values(GROUPS).forEach((group) => group(make));
}
