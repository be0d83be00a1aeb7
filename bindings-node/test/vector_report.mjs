// How many vectors of each area ran and passed, for README's table of features: written where METRION_VECTOR_REPORT
// says, as <language>.json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';

/** `counted(way, name, run)` runs the vector `area/case.json` in one of the ways in which the language updates metrics. */
export function vectorReport(language) {
  const report = {};
  after(() => {
    const folder = process.env.METRION_VECTOR_REPORT;
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${language}.json`), JSON.stringify(report));
    }
  });
  return async (way, name, run) => {
    const area = ((report[way] ??= {})[name.split('/')[0]] ??= { ran: 0, passed: 0 });
    area.ran += 1;
    await run();
    area.passed += 1;
  };
}
