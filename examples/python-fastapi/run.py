"""Runs the service under real traffic and shows what Prometheus knows about it, until Ctrl-C.

With SECONDS=40 in the environment, or --seconds 40, it ends after that time and compares what
Prometheus counted with what was sent: exit status 0 says that every number was right.
"""

import argparse
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn

from stack import Prometheus, StackError, running_prometheus, running_service
from traffic import Series, Traffic

WORKERS = 4
PAUSE_SECONDS = 0.1
INTERRUPTED = 130

REQUESTS = "sum by (method, route) (http_requests_total)"
RATE = "sum by (method, route) (rate(http_requests_total[15s]))"
P95 = (
    "histogram_quantile(0.95, "
    "sum by (method, route, le) (rate(http_request_duration_seconds_bucket[15s])))"
)
IN_FLIGHT = "sum by (method, route) (http_requests_in_flight)"


def main() -> int:
    seconds = parse_seconds()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    print("Starting the service and Prometheus ...", flush=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="metrion-example-") as directory,
            running_service(Path(directory)) as service_url,
            running_prometheus(Path(directory), service_url) as prometheus,
        ):
            return demonstrate(service_url, prometheus, seconds)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return INTERRUPTED


def parse_seconds() -> float | None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--seconds",
        type=float,
        default=os.environ.get("SECONDS") or None,
        help="end after this time and check the numbers (default: $SECONDS, or run until Ctrl-C)",
    )
    seconds: float | None = parser.parse_args().seconds
    return seconds


def interrupt(*_: object) -> NoReturn:
    """Ends the program in order, and lets nothing interrupt that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def demonstrate(service_url: str, prometheus: Prometheus, seconds: float | None) -> int:
    how_long = "until Ctrl-C" if seconds is None else f"for {seconds:g} seconds"
    print(f"\nA FastAPI service on SQLite, measured and scraped every second, {how_long}.\n")
    print(f"  the service  {service_url}/docs")
    print(f"  its metrics  {service_url}/metrics")
    print("  requests per second, as Prometheus draws them:")
    print(f"  {prometheus.graph_url('rate(http_requests_total[15s])')}\n", flush=True)

    traffic = Traffic(service_url, workers=WORKERS, visits=None, pause=PAUSE_SECONDS)
    traffic.start()
    try:
        watch(prometheus, traffic, seconds)
    finally:
        traffic.stop()
    if traffic.failures:
        print("\nThe service did not answer as planned:", *traffic.failures, sep="\n  ")
        return 1
    prometheus.wait_for_scrape()
    return report(prometheus, traffic.sent)


def watch(prometheus: Prometheus, traffic: Traffic, seconds: float | None) -> None:
    """Shows the table again and again, until the time is over or the traffic failed."""
    screen = Screen()
    start = time.monotonic()
    end = math.inf if seconds is None else start + seconds
    while not traffic.failures and (remaining := end - time.monotonic()) > 0:
        time.sleep(min(screen.pause_seconds, remaining))
        elapsed = time.monotonic() - start
        sent = f"  {elapsed:.0f} s, {traffic.sent.total()} requests sent"
        screen.show([*live_table(prometheus), "", sent])


class Screen:
    """Shows a text in the place of the one before, or below it when the output is no terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._lines_shown = 0
        self.pause_seconds = 1 if self._is_terminal else 5

    def show(self, lines: list[str]) -> None:
        if not self._is_terminal:
            print("\n".join(lines), end="\n\n", flush=True)
            return
        if self._lines_shown:
            print(f"\x1b[{self._lines_shown}F\x1b[J", end="")
        width = shutil.get_terminal_size().columns
        print("\n".join(line[:width] for line in lines), flush=True)
        self._lines_shown = len(lines)


def live_table(prometheus: Prometheus) -> list[str]:
    requests, rates, p95s, in_flight = (
        prometheus.query(expression, "method", "route")
        for expression in (REQUESTS, RATE, P95, IN_FLIGHT)
    )
    lines = [f"  {'route':32} {'requests':>9} {'per second':>11} {'p95':>11} {'in flight':>10}"]
    for method, route in sorted(requests, key=lambda key: key[::-1]):
        key = (method, route)
        lines.append(
            f"  {method:6} {route:25} {requests[key]:9.0f} {number(rates.get(key), '11.1f')} "
            f"{number(p95s.get(key), '8.1f', 1000)} ms {number(in_flight.get(key), '10.0f')}"
        )
    lines.append(
        f"  {'all':32} {sum(requests.values()):9.0f} {sum(rates.values()):11.1f} "
        f"{'':11} {sum(in_flight.values()):10.0f}"
    )
    return lines


def number(value: float | None, form: str, factor: float = 1) -> str:
    """Formats a value; there is none when fewer than two scrapes saw the series."""
    if value is None or math.isnan(value):
        return "-".rjust(int(form.partition(".")[0]))
    return format(value * factor, form)


def report(prometheus: Prometheus, sent: Counter[Series]) -> int:
    """Compares what was sent with what Prometheus has; returns the exit status."""
    labels = Series._fields
    by = ", ".join(labels)
    counted = prometheus.query(f"sum by ({by}) (http_requests_total)", *labels)
    timed = prometheus.query(f"sum by ({by}) (http_request_duration_seconds_count)", *labels)

    print(f"\n  {'route':36} {'sent':>9} {'requests_total':>15} {'duration_count':>15}")
    wrong = []
    for key in sorted({*sent, *counted, *timed}, key=lambda key: (key[1], key)):
        series = Series(*key)
        numbers = (sent[series], counted.get(key, 0), timed.get(key, 0))
        print(
            f"  {series.method:6} {series.route:25} {series.status} "
            f"{numbers[0]:9} {numbers[1]:15.0f} {numbers[2]:15.0f}"
        )
        if len(set(numbers)) != 1:
            wrong.append(f"{' '.join(series)} was not counted as often as it was sent")
    wrong += wrong_measurements(prometheus, sent)

    if wrong:
        print("\nWRONG:", *wrong, sep="\n  ")
        return 1
    print(f"\nRight: Prometheus counted all {sent.total()} requests, each where it belongs.")
    return 0


def wrong_measurements(prometheus: Prometheus, sent: Counter[Series]) -> list[str]:
    rates, p95s, in_flight = (
        prometheus.query(expression, "method", "route") for expression in (RATE, P95, IN_FLIGHT)
    )
    wrong = []
    for method, route in sorted({(series.method, series.route) for series in sent}):
        key = (method, route)
        rate, p95 = rates.get(key, math.nan), p95s.get(key, math.nan)
        if not rate > 0:
            wrong.append(f"{method} {route}: {rate} requests per second")
        if not 0 < p95 < math.inf:
            wrong.append(f"{method} {route}: p95 of {p95} seconds")
        if in_flight.get(key) != 0:
            wrong.append(f"{method} {route}: {in_flight.get(key)} requests in flight at the end")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
