// Children of a test, and files that they share.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DEADLINE_MS = 60_000;

/** Whether registries can be shared here. */
export const CAN_SHARE = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

/** The lines of a page that are samples. */
export const linesOf = (page) => page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

export const program = (name) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

/** A path for a shared registry; the test's end removes it. */
export function sharedPath(test) {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'metrion-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'registry');
}

/** Asks until the answer is true, or the deadline is past. */
export async function eventually(what, ask) {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await ask())) {
    if (Date.now() > deadline) {
      throw new Error(`not within the deadline: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A child that does what it is told; the test's end ends it. */
export class Child {
  static async start(test, { file = 'child.mjs', env = {}, args = [] } = {}) {
    const own = fork(program(file), args, { env: { ...process.env, ...env } });
    const child = new Child(own);
    test.after(() => child.kill());
    const [first] = await Promise.race([
      once(own, 'message'),
      once(own, 'exit').then(([code]) => {
        throw new Error(`the child ended with ${code}`);
      }),
    ]);
    child.first = first;
    return child;
  }

  constructor(own) {
    this.own = own;
    this.pid = own.pid;
    this.asked = 0;
    this.waiting = new Map();
    this.ended = once(own, 'exit');
    own.on('message', ({ id, result, error }) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) {
        waiting?.resolve(result);
      } else {
        waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
      }
    });
    own.on('exit', () => this.waiting.forEach(({ reject }) => reject(new Error('the child has ended'))));
  }

  /** Runs a function in the child, which gets the package, an object to keep things in, and `argument`. */
  run(work, argument) {
    const id = (this.asked += 1);
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.own.send({ id, source: work.toString(), argument });
    return answer;
  }

  /** Ends it at once, and waits until it has ended. */
  async kill() {
    this.own.kill('SIGKILL');
    await this.ended;
  }
}
