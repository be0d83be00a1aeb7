// The page: it counts, shows what it counted, and pushes it.

import { Counter, register } from 'metrion-wasm';
import { Pusher, collectBrowserMetrics } from 'metrion-wasm/browser';

const orders = new Counter({ name: 'tea_orders_total', help: 'Teas that were ordered.', labelNames: ['tea'] });

collectBrowserMetrics({ fetch: { route: (url) => url.pathname } });
const pusher = new Pusher({ url: '/push', intervalSeconds: 5 });

const find = (selector) => document.querySelector(selector);

for (const button of document.querySelectorAll('[data-tea]')) {
  const counter = orders.labels(button.dataset.tea);
  button.addEventListener('click', () => {
    counter.inc();
    button.querySelector('output').value = counter.value();
    void show();
  });
}
find('#price').addEventListener('click', () => fetch('/price').then(show));
find('#fail').addEventListener('click', () => {
  setTimeout(show);
  throw new Error('the kettle is cold');
});
find('#push').addEventListener('click', () => pusher.flush().then(show));

/** Both metric pages, without help texts and bucket lines. */
async function show() {
  find('#own').textContent = shortened(await register.metrics());
  const { sent, queued, failures, lastError } = pusher.stats;
  find('#state').textContent =
    failures > 0 ? `The server does not answer: ${lastError}. ${queued} batches wait.` : `Batches pushed: ${sent}.`;
}

const shortened = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
    .join('\n');

/** An EventSource, as `fetch` would be measured. */
new EventSource('/all').onmessage = ({ data }) => {
  find('#all').textContent = shortened(JSON.parse(data));
};

void show();
setInterval(show, 1000);
