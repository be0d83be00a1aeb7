// As much of a browser's page as the pusher and the collectors touch, in Node.

import assert from 'node:assert/strict';

/** Puts a page's globals in place for one test. `answers` are what fetch does, in turn; the last one stays. */
export function fakePage(t, { answers = [() => new Response(null, { status: 204 })], storage = fakeStorage() } = {}) {
  const page = {
    window: new EventTarget(),
    document: Object.assign(new EventTarget(), {
      visibilityState: 'visible',
      readyState: 'complete',
      baseURI: 'https://shop.test/cart',
    }),
    /** Bodies that fetch took, and those of beacons. */
    requests: [],
    beacons: [],
    /** Whether the browser takes beacons. */
    takesBeacons: true,
    answers,
    /** Lines on the console. */
    lines: [],
    storage,
    /** The page is hidden, without ending. */
    hide() {
      page.document.visibilityState = 'hidden';
      page.window.dispatchEvent(new Event('visibilitychange'));
    },
    leave() {
      page.window.dispatchEvent(new Event('pagehide'));
    },
  };
  const sendBeacon = (url, body) => page.takesBeacons && page.beacons.push({ url, body }) > 0;
  const globals = {
    window: page.window,
    document: page.document,
    location: new URL(page.document.baseURI),
    navigator: { sendBeacon },
    addEventListener: page.window.addEventListener.bind(page.window),
    removeEventListener: page.window.removeEventListener.bind(page.window),
    fetch: async (url, init) => {
      page.requests.push({ url, ...init });
      const answer = page.answers.length > 1 ? page.answers.shift() : page.answers[0];
      return answer(init);
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    replace(t, name, { value, writable: true });
  }
  replace(t, 'localStorage', { get: () => page.storage() });
  t.mock.method(console, 'warn', (line) => page.lines.push(line));
  return page;
}

function replace(t, name, descriptor) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
  t.after(() => {
    if (before === undefined) {
      delete globalThis[name];
    } else {
      Object.defineProperty(globalThis, name, before);
    }
  });
}

/** Storage as a browser has it. */
export function fakeStorage() {
  const items = new Map();
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
  return () => storage;
}

/** Storage as a browser's policy forbids it. */
export function blockedStorage() {
  throw new DOMException('Access is denied for this document.', 'SecurityError');
}

/** The real one: tests put another in its place. */
const { setTimeout } = globalThis;

/** Waits until `check` gives something; fails after a minute. */
export async function until(check, what = String(check)) {
  const deadline = process.hrtime.bigint() + 60_000_000_000n;
  for (;;) {
    const found = await check();
    if (found) {
      return found;
    }
    assert.ok(process.hrtime.bigint() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
