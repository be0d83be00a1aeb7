// Does what its parent sends: functions as text, which get the package, what earlier ones kept, and an argument.

import * as library from 'metrion';

const kept = {};

process.on('message', async ({ id, source, argument }) => {
  try {
    const run = new Function(`return (${source})`)();
    process.send({ id, result: await run(library, kept, argument) });
  } catch (error) {
    process.send({ id, error: { code: error.code, message: error.message } });
  }
});
process.on('disconnect', () => process.exit());
process.send('ready');
