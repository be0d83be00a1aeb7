/** The native module, and where it is found. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { MetrionError } from './errors';
import type { NativeModule } from './native_module';
import { PLATFORMS, platformPackage } from './platforms';

/** Bytes, as this platform's programs expect them. */
export type Bytes = Buffer;

function load(): NativeModule {
  // A build from source puts it beside `dist`.
  const built = join(__dirname, '..', 'metrion.node');
  if (existsSync(built)) {
    return require(built) as NativeModule;
  }
  const name = platformPackage();
  try {
    return require(name) as NativeModule;
  } catch (cause) {
    const what = PLATFORMS.includes(name)
      ? `The package ${name} is missing or does not load. It is an optional dependency: install again without ` +
        `--omit=optional, or add it by npm install ${name}`
      : `There is none for ${process.platform} on ${process.arch}, only ${PLATFORMS.join(', ')}. ` +
        'Build it from source: make package-node';
    throw new MetrionError('unsupported', `metrion has no native module. ${what}`, { cause });
  }
}

export const native: NativeModule = load();
