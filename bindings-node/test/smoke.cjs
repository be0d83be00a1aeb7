// @ts-check
// Tries an installed package from CommonJS: node smoke.cjs

const assert = require('node:assert/strict');
const { isMainThread, Worker } = require('node:worker_threads');

const { Counter, register } = require('metrion');

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' });
jobs.inc();

if (isMainThread) {
  new Worker(__filename).on('exit', async (code) => {
    assert.equal(code, 0);
    const page = await register.metrics();
    assert.equal(page, '# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 2\n');
    const { version } = require('metrion/package.json');
    console.log(`metrion ${version} works in CommonJS, with a thread, on Node ${process.versions.node}`);
  });
}
