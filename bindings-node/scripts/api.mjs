// Writes the public declarations into a folder, one file for each entry point that package.json exports, in the
// order of the alphabet. Those in `api` are checked in, so that a review shows what changes for users.
//
//   npm run api -- FOLDER

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = process.argv[2];
if (folder === undefined) {
  throw new Error('usage: npm run api -- FOLDER');
}

const off = { enabled: false };
const silent = { default: { logLevel: 'none' } };
const failing = { default: { logLevel: 'error' } };

function rollUp(types, file) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: here('.'),
      mainEntryPointFilePath: here(types),
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: here('ts/tsconfig.json') },
      dtsRollup: { enabled: true, untrimmedFilePath: file },
      apiReport: off,
      docModel: off,
      tsdocMetadata: off,
      // What it says of the code's style is not asked for.
      messages: {
        compilerMessageReporting: failing,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: here('package.json'),
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    // Errors remain.
    messageCallback: (message) => {
      message.handled = message.logLevel !== 'error';
    },
  });
  if (!succeeded) {
    throw new Error(`${types} has errors`);
  }
}

const { name, exports } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [entry, { types }] of Object.entries(exports)) {
  if (types !== undefined) {
    const file = resolve(folder, `${entry === '.' ? name : basename(entry)}.d.ts`);
    rollUp(types, file);
    writeFileSync(file, `// Generated from bindings-node/ts by make generate: change it there.\n\n${readFileSync(file, 'utf8')}`);
  }
}
