// Chromium, and a server of files for it, both for the time of a test.

import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize, sep } from 'node:path';

import { chromium } from 'playwright-core';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Debian's Chromium, as root in a container, and nothing that it does by itself. */
export const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    ...['--no-sandbox', '--headless', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
};

/** Serves the files of folders, each under a path, on a free port. `pages` are further answers by path. */
export async function serve(folders, pages = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (Object.hasOwn(pages, pathname)) {
      const { type, body } = pages[pathname];
      response.writeHead(200, { 'Content-Type': TYPES[type] }).end(body);
      return;
    }
    const prefix = Object.keys(folders).find((own) => pathname.startsWith(own));
    const path = prefix === undefined ? '' : normalize(join(folders[prefix], pathname.slice(prefix.length)));
    try {
      if (prefix === undefined || !path.startsWith(normalize(folders[prefix] + sep))) {
        throw new Error('outside');
      }
      const body = await readFile(path);
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Opens a page in a Chromium with an empty profile. Its errors are in `errors`. */
export async function open(url) {
  const profile = await mkdtemp(join(tmpdir(), 'metrion-chromium-'));
  const context = await chromium.launchPersistentContext(profile, LAUNCH);
  const page = context.pages()[0] ?? (await context.newPage());
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(url);
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, errors, close };
}
