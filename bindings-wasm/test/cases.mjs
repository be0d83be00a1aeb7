// The vectors that this package runs: all but those about servers, which no browser has.

import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const VECTORS = fileURLToPath(new URL('../../core/conformance/vectors', import.meta.url));

export const CASES = readdirSync(VECTORS, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort()
  .map((file) => ({ name: relative(VECTORS, file), text: readFileSync(file, 'utf8') }))
  .filter(({ name }) => !name.startsWith('serving'));
