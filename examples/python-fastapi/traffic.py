"""Sends requests to the service of this example, and counts its answers.

    python traffic.py http://127.0.0.1:8000 --workers 4 --visits 25

Every visit makes the same requests, so that the counts are known beforehand.
"""

import argparse
import json
from collections import Counter
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30


class Series(NamedTuple):
    """The labels under which the service counts a request."""

    method: str
    route: str
    status: str


class Step(NamedTuple):
    """One request of a visit. `{order_id}` in its path is the order that was created last."""

    series: Series
    path: str
    body: dict[str, Any] | None = None


def ask(method: str, path: str, status: int, *, route: str | None = None) -> Step:
    return Step(Series(method, route or path, str(status)), path)


def order(coffee: str, bags: int, status: int = 201) -> Step:
    return Step(Series("POST", "/orders", str(status)), "/orders", {"coffee": coffee, "bags": bags})


ONE_ORDER = "/orders/{order_id}"
VISIT = (
    order("house", 2),
    ask("GET", ONE_ORDER, 200),
    ask("GET", "/orders", 200),
    order("espresso", 1),
    ask("GET", ONE_ORDER, 200),
    ask("GET", ONE_ORDER, 200),
    ask("GET", "/reports/pairings", 200),
    order("instant", 1, status=422),
    ask("GET", "/orders", 200),
    ask("GET", "/orders/0", 404, route=ONE_ORDER),
    ask("GET", "/health", 200),
    order("decaf", 40),
    ask("GET", ONE_ORDER, 200),
    ask("DELETE", ONE_ORDER, 204),
    ask("DELETE", ONE_ORDER, 404),
    ask("GET", ONE_ORDER, 404),
    ask("GET", "/wp-login.php", 404, route="unmatched"),
)


def planned(*, workers: int, visits: int) -> Counter[Series]:
    """What `workers` customers of `visits` visits each send altogether."""
    once = Counter(step.series for step in VISIT)
    return Counter({series: count * workers * visits for series, count in once.items()})


class Traffic:
    """Customers who visit the service at the same time, each with a connection of its own.

    Each comes `visits` times, or until `stop()` if that is None, and rests for `pause` seconds
    after every request. `sent` counts the answers, and `failures` those that were not as planned.
    """

    def __init__(self, url: str, *, workers: int, visits: int | None, pause: float) -> None:
        self.sent: Counter[Series] = Counter()
        self.failures: Counter[str] = Counter()
        self._server = urlsplit(url).netloc
        self._visits = visits
        self._pause = pause
        self._stopping = Event()
        self._lock = Lock()
        self._workers = [
            Thread(target=self._work, args=(f"customer {number}",), daemon=True)
            for number in range(workers)
        ]

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Lets the requests that are on their way end, and sends no more."""
        self._stopping.set()
        self.wait()

    def wait(self) -> None:
        for worker in self._workers:
            worker.join()

    def _work(self, customer: str) -> None:
        connection = HTTPConnection(self._server, timeout=TIMEOUT_SECONDS)
        try:
            visits_done = 0
            while visits_done != self._visits and not self._stopping.is_set():
                self._visit(connection, customer)
                visits_done += 1
        except (OSError, HTTPException) as error:
            with self._lock:
                self.failures[f"{customer}: {error!r}"] += 1
        finally:
            connection.close()

    def _visit(self, connection: HTTPConnection, customer: str) -> None:
        order_id = 0
        for step in VISIT:
            body = None if step.body is None else json.dumps({**step.body, "customer": customer})
            path = step.path.format(order_id=order_id)
            connection.request(
                step.series.method, path, body, headers={"content-type": "application/json"}
            )
            response = connection.getresponse()
            content = response.read()
            self._count(step, response.status)
            if response.status == 201:
                order_id = json.loads(content)["id"]
            if self._stopping.wait(self._pause):
                return

    def _count(self, step: Step, status: int) -> None:
        answered = step.series._replace(status=str(status))
        with self._lock:
            self.sent[answered] += 1
            if answered != step.series:
                method, _, expected = step.series
                self.failures[f"{method} {step.path}: {status} instead of {expected}"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("url", help="where the service listens, such as http://127.0.0.1:8000")
    parser.add_argument("--workers", type=int, default=4, help="customers at a time (%(default)s)")
    parser.add_argument("--visits", type=int, default=25, help="visits of each (%(default)s)")
    parser.add_argument("--pause", type=float, default=0, help="seconds after each request (0)")
    options = parser.parse_args()

    traffic = Traffic(
        options.url, workers=options.workers, visits=options.visits, pause=options.pause
    )
    traffic.start()
    traffic.wait()
    for series, count in sorted(traffic.sent.items()):
        print(f"{count:8}  {series.status}  {series.method:6}  {series.route}")
    for failure, count in traffic.failures.items():
        print(f"{count:8}  {failure}")
    return 1 if traffic.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
