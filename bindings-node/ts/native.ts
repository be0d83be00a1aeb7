/** The native module, and where it is found. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { MetrionError } from './errors';
import type { NativeModule } from './native_module';
import { PLATFORMS, platformPackage } from './platforms';

/** Bytes, as this platform's programs expect them. */
export type Bytes = Buffer;

/** Reads what this process takes of the machine. */
export interface NativeProcess {
  /** Help texts by the names of the families. */
  help(): Record<string, string>;
  /** The numbers that can be read. */
  read(): Record<string, number>;
}

/** What Node's module has beside what all have. */
interface NodeModule extends NativeModule {
  NativeProcess: new () => NativeProcess;
}

function load(): NodeModule {
  // A build from source puts it beside `dist`.
  const built = join(__dirname, '..', 'metrion.node');
  if (existsSync(built)) {
    return require(built) as NodeModule;
  }
  const name = platformPackage();
  const { version } = require('../package.json') as { version: string };
  try {
    return require(name) as NodeModule;
  } catch (cause) {
    const what = PLATFORMS.includes(name)
      ? `The package ${name} is missing or does not load. It is an optional dependency: install again without ` +
        `--omit=optional, or add it by npm install ${name}@${version}`
      : `There is none for ${process.platform} on ${process.arch}, only ${PLATFORMS.join(', ')}. ` +
        'Build it from source: make package-node';
    throw new MetrionError('unsupported', `metrion has no native module. ${what}`, { cause });
  }
}

export const native: NodeModule = load();
