import { chromium } from 'playwright-core';

import { LAUNCH } from '../chromium.mjs';

/** Chromium with a new empty profile, for many pages; it ends with the test. */
export async function startChromium(t) {
  const browser = await chromium.launch(LAUNCH);
  t.after(() => browser.close());
  return browser;
}
