/** How a module of WebAssembly is loaded: from a file, or over HTTP. */

/** Which of the two builds it is: `scripts/build.mjs` writes true or false here. */
declare const NODE: boolean;

/** What wasm-bindgen makes around a module. */
interface Bindings {
  default: (from: { module_or_path: URL | BufferSource }) => Promise<unknown>;
}

/** Loads the module at this address into what is around it. */
export async function load(bindings: Bindings, url: URL): Promise<void> {
  if (NODE) {
    const { readFile } = await import('node:fs/promises');
    await bindings.default({ module_or_path: await readFile(url) });
  } else {
    await bindings.default({ module_or_path: url });
  }
}
