// Tries an installed package without its platform package: the error says which one, and how to get it.
//
//   node smoke_without_native.mjs

import assert from 'node:assert/strict';

const error = await import('metrion').then(
  () => assert.fail('metrion loaded without a native module'),
  (error) => error,
);
assert.equal(error.code, 'unsupported');
assert.match(error.message, /^metrion has no native module\. The package metrion-[a-z0-9-]+ is missing/);
assert.match(error.message, /npm install metrion-[a-z0-9-]+@\d+\.\d+\.\d+$/);
assert.equal(error.cause.code, 'MODULE_NOT_FOUND');
console.log(error.message);
