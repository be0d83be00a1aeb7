// Runs prom-client's own tests on `metrion/prom-client`.
//
//     node test/prom_client/run_public_suite.mjs --tests FOLDER [jest arguments]
//
// FOLDER is `test/` of a checkout of prom-client's repository: its package has no tests. They run in a
// temporary copy whose `index.js` and `lib/` are those of the drop-in. Prints how many passed of each
// file, and fails when a test fails that `known_failures.txt` does not name, or when one passes that it
// names. jest and what the tests need are installed into `target/tools/jest`.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = 'v15.1.3';
const TOOLS = ['jest@29', 'nock@13'];

const here = dirname(fileURLToPath(import.meta.url));
const bindings = resolve(here, '../..');
const tools = resolve(bindings, '../target/tools/jest');
const knownFailures = join(here, 'known_failures.txt');

function main(given) {
  const place = given.indexOf('--tests');
  const tests = place < 0 ? undefined : given[place + 1];
  if (tests === undefined || !fs.existsSync(join(tests, 'registerTest.js'))) {
    console.error(tests === undefined ? '--tests FOLDER is missing.' : `There are no tests of prom-client in ${tests}.`);
    console.error(
      `prom-client's package has no tests; they are in test/ of its repository. For instance:\n` +
        `  git clone --depth 1 --branch ${VERSION} https://github.com/siimon/prom-client target/prom-client\n` +
        `  node bindings-node/test/prom_client/run_public_suite.mjs --tests target/prom-client/test`,
    );
    return 2;
  }
  if (!fs.existsSync(join(bindings, 'dist/prom_client'))) {
    console.error('The Node package is not built: make package-node');
    return 2;
  }
  install();
  const folder = fs.mkdtempSync(join(tmpdir(), 'prom-client-'));
  try {
    layOut(folder, tests);
    const outcomes = run(folder, given.slice(0, place).concat(given.slice(place + 2)));
    report(outcomes);
    return compare(outcomes);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function install() {
  if (fs.existsSync(join(tools, 'node_modules/jest')) && fs.existsSync(join(tools, 'node_modules/nock'))) {
    return;
  }
  console.log(`installing ${TOOLS.join(' and ')} into ${relative(process.cwd(), tools)}`);
  fs.mkdirSync(tools, { recursive: true });
  const { status } = spawnSync('npm', ['install', '--silent', '--no-fund', '--no-audit', '--prefix', tools, ...TOOLS], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    throw new Error(`npm install ended with ${status}`);
  }
}

/** A copy of the repository as the tests see it, with the modules of the drop-in. */
function layOut(folder, tests) {
  fs.cpSync(tests, join(folder, 'test'), { recursive: true });
  fs.mkdirSync(join(folder, 'node_modules'));
  fs.symlinkSync(bindings, join(folder, 'node_modules/metrion'));
  const jest = { testEnvironment: 'node', testRegex: '.*Test\\.js$', modulePaths: [join(tools, 'node_modules')] };
  fs.writeFileSync(join(folder, 'package.json'), JSON.stringify({ jest }));
  fs.writeFileSync(join(folder, 'index.js'), "module.exports = require('metrion/prom-client');\n");
  const lib = join(bindings, 'dist/prom_client/lib');
  for (const file of fs.readdirSync(lib, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const module = `metrion/prom-client/lib/${file.slice(0, -'.js'.length)}`;
    fs.mkdirSync(dirname(join(folder, 'lib', file)), { recursive: true });
    fs.writeFileSync(join(folder, 'lib', file), `module.exports = require('${module}');\n`);
  }
}

/** What became of each test, by its file and name. */
function run(folder, forJest) {
  const output = join(folder, 'outcomes.json');
  const jest = join(tools, 'node_modules/jest/bin/jest.js');
  // With --ci a snapshot that is not there is a failure, and is not made.
  const command = [jest, '--ci', '--rootDir', folder, '--json', '--outputFile', output, ...forJest];
  spawnSync(process.execPath, command, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const outcomes = new Map();
  if (!fs.existsSync(output)) {
    return outcomes; // jest itself ended early, and has said why
  }
  for (const file of JSON.parse(fs.readFileSync(output, 'utf8')).testResults) {
    const name = relative(join(folder, 'test'), file.name);
    if (file.assertionResults.length === 0) {
      outcomes.set(`${name}: ${file.message.trim().split('\n').at(-1)}`, 'failed');
    }
    for (const test of file.assertionResults) {
      outcomes.set(`${name}: ${test.fullName}`, test.status);
    }
  }
  return outcomes;
}

function report(outcomes) {
  const files = new Map();
  for (const [test, outcome] of outcomes) {
    const [file] = test.split(':', 1);
    const counts = files.get(file) ?? { passed: 0, failed: 0 };
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    files.set(file, counts);
  }
  console.log(`\n${'file'.padEnd(45)} passed failed`);
  for (const [file, { passed, failed }] of [...files].sort()) {
    console.log(`${file.padEnd(45)} ${String(passed).padStart(6)} ${String(failed).padStart(6)}`);
  }
  const passed = [...outcomes.values()].filter((outcome) => outcome === 'passed').length;
  console.log(`${((100 * passed) / outcomes.size).toFixed(1)} % of ${outcomes.size} passed`);
}

/** Compares with the failures that are known. */
function compare(outcomes) {
  const lines = fs.readFileSync(knownFailures, 'utf8').split('\n');
  const known = new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  const unexpected = [...outcomes].filter(([test, outcome]) => outcome === 'failed' && !known.has(test));
  const fixed = [...known].filter((test) => outcomes.get(test) === 'passed');
  unexpected.forEach(([test]) => console.log(`unexpected failure: ${test}`));
  fixed.forEach((test) => console.log(`passes, but is named in known_failures.txt: ${test}`));
  if (outcomes.size === 0) {
    console.log('no test ran');
  }
  return unexpected.length + fixed.length > 0 || outcomes.size === 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
