// Debian's Chromium, with a new empty profile, and nothing that it does by itself.

import { chromium } from 'playwright-core';

const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];

/** Starts it; it ends with the test. */
export async function startChromium(t) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-sync', ...QUIET],
  });
  t.after(() => browser.close());
  return browser;
}
