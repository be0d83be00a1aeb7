/** The WebAssembly module, loaded before anything of the package can be used. */

import type { Encoded, EncodeInit, NativeModule } from './native_module';
import * as bindings from './wasm/metrion';

/** Bytes, as this platform's programs expect them. */
export type Bytes = Uint8Array;

/** Which of the two builds it is: `scripts/build.mjs` writes true or false here. */
declare const NODE: boolean;

async function load(): Promise<NativeModule> {
  const url = new URL('../metrion.wasm', import.meta.url);
  if (NODE) {
    const { readFile } = await import('node:fs/promises');
    await bindings.default({ module_or_path: await readFile(url) });
  } else {
    await bindings.default({ module_or_path: url });
  }
  return { ...bindings, NativeScrape: Scrape } as unknown as NativeModule;
}

/** With the names that a scrape's query asks for. */
class Scrape extends bindings.NativeScrape {
  override encode(init: EncodeInit): Encoded {
    const names = new URLSearchParams(init.query).getAll('name[]');
    return super.encode(names.length === 0 ? init : { ...init, names }) as Encoded;
  }
}

export const native: NativeModule = await load();
