/** The WebAssembly module, loaded before anything of the package can be used. */

import type { Encoded, EncodeInit, NativeModule } from './native_module';
import { load } from './load';
import * as bindings from './wasm/metrion';

/** Bytes, as this platform's programs expect them. */
export type Bytes = Uint8Array;


/** With the names that a scrape's query asks for. */
class Scrape extends bindings.NativeScrape {
  override encode(init: EncodeInit): Encoded {
    const names = new URLSearchParams(init.query).getAll('name[]');
    return super.encode(names.length === 0 ? init : { ...init, names }) as Encoded;
  }
}

await load(bindings, new URL('../metrion.wasm', import.meta.url));

export const native = { ...bindings, NativeScrape: Scrape } as unknown as NativeModule;
