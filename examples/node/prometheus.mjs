// Runs a Prometheus that scrapes one target every second, for as long as a test wants.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Prometheus {
  constructor(process, folder, url) {
    Object.assign(this, { process, folder, url });
  }

  static async start(target) {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const configuration = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'orders', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML, too.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
    const process = spawn(
      'prometheus',
      ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--web.listen-address=127.0.0.1:0'],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await once(process, 'spawn');
    // It takes a free port, and says which.
    const said = [];
    for await (const line of createInterface({ input: process.stderr })) {
      const [, address] = /msg="Listening on" address=(\S+)/.exec(line) ?? [];
      if (address !== undefined) {
        process.stderr.resume();
        return new Prometheus(process, folder, `http://${address}`);
      }
      said.push(line);
    }
    rmSync(folder, { recursive: true });
    throw new Error(`Prometheus does not start:\n${said.join('\n')}`);
  }

  /** What a PromQL expression gives now: its labels but instance and job, and its value. */
  async query(expression) {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    if (!answer.ok) {
      return []; // It answers 503 until it is ready.
    }
    const { data } = await answer.json();
    return data.result
      .map(({ metric: { instance, job, ...labels }, value }) => [labels, Number(value[1])])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  async stop() {
    if (this.process.exitCode === null) {
      this.process.kill();
      await once(this.process, 'exit');
    }
    rmSync(this.folder, { recursive: true });
  }
}
