/** Formats that few pages need, in a module that is loaded with this file. */

import { load } from './load';
import * as formats from './wasm/formats';

await load(formats, new URL('../formats.wasm', import.meta.url));

export { formats };
