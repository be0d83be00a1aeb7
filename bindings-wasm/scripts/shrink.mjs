// Makes a module of WebAssembly smaller: by 4 %, gzipped.

import binaryen from 'binaryen';

// What the standard library calls to panic, with the names that the compiler gave it. Its message goes nowhere in
// WebAssembly, and the panic ends in this very instruction: without the message it ends there at once.
const PANIC = new RegExp(
  '^<?(core|alloc|std|__rustc)\\b.*::(panic\\w*|\\w+_fail(_rt)?|\\w+_failed(_inner)?|handle_error|handle_alloc_error|' +
    'capacity_overflow|rust_oom|rust_begin_unwind|rust_panic)(::<.*>)?(::h[0-9a-f]{16})?$',
);

// What rustc uses of WebAssembly: all browsers since 2021 have it.
const { BulkMemory, BulkMemoryOpt, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt } =
  binaryen.Features;
const FEATURES = [BulkMemory, BulkMemoryOpt, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt];

/** The same module, optimized. It needs the names of its functions, and has none any more. */
export function shrink(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES.reduce((all, feature) => all | feature));
  const indices = Array.from({ length: module.getNumFunctions() }, (_, index) => index);
  const functions = indices.map((index) => binaryen.getFunctionInfo(module.getFunctionByIndex(index)));
  const panics = functions.filter(({ name, module: imported }) => imported === '' && PANIC.test(plain(name)));
  if (panics.length === 0) {
    throw new Error('the module has no panics: did it lose its names?');
  }
  for (const { name, params, results } of panics) {
    module.removeFunction(name);
    module.addFunction(name, params, results, [], module.unreachable());
  }
  binaryen.setDebugInfo(false);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  // A function in one place is found again by gzip, a function that is inlined is not.
  binaryen.setAlwaysInlineMaxSize(0);
  binaryen.setFlexibleInlineMaxSize(0);
  binaryen.setOneCallerInlineMaxSize(0);
  module.optimize();
  module.runPasses(['dealign', 'strip-debug', 'strip-producers']);
  const smaller = module.emitBinary();
  module.dispose();
  return smaller;
}

/** A name without the hashes of its crates. */
function plain(name) {
  return name.replace(/\[[0-9a-f]{16}\]/g, '');
}
