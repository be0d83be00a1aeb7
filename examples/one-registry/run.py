"""Runs servers in three languages on one registry and sends orders to all of them.

Then it compares what Prometheus counted with what was sent. Prometheus knows one address, behind
which each scrape is answered by another process. Exit status 0 says that every number was right and
that no counter ever went back.

    run.py --van PROGRAM [--seconds 20]
"""

import argparse
import http.server
import itertools
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

HERE = Path(__file__).parent
# What runs programs and asks Prometheus is the other example's.
sys.path.append(str(HERE.parent / "python-fastapi"))

from stack import (  # noqa: E402
    Prometheus,
    StackError,
    fetch,
    free_port,
    running,
    running_prometheus,
    wait_until,
)

WORKERS = 4
# So many orders later, gunicorn replaces a process.
ORDERS_OF_A_WORKER = 150

opener = build_opener(ProxyHandler({}))


def main() -> int:
    arguments = parse()
    memory = Path("/dev/shm")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="metrion-example-") as log,
            tempfile.TemporaryDirectory(
                prefix="metrion-example-", dir=memory if memory.is_dir() else None
            ) as folder,
        ):
            return demonstrate(Path(log), Path(folder) / "registry", arguments)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--van", required=True, type=Path, help="the program that van.cpp is")
    seconds = float(os.environ.get("SECONDS") or 20)
    parser.add_argument("--seconds", type=float, default=seconds, help="how long to send orders")
    return parser.parse_args()


def demonstrate(log: Path, registry: Path, arguments: argparse.Namespace) -> int:
    # The one line that makes it one registry.
    os.environ["METRION_SHARED"] = str(registry)
    shop, kiosk, van = f"http://127.0.0.1:{free_port()}", free_port(), free_port()
    gunicorn = ["gunicorn", "shop:app", "--chdir", str(HERE), "--workers", str(WORKERS)]
    gunicorn += ["--bind", shop.removeprefix("http://"), "--max-requests", str(ORDERS_OF_A_WORKER)]
    gunicorn += ["--max-requests-jitter", "30", "--graceful-timeout", "5"]
    node = ["node", str(HERE / "kiosk.mjs"), str(kiosk)]
    with ExitStack() as stack:
        run = stack.enter_context
        run(running([sys.executable, "-m", *gunicorn], log / "shop.log", f"{shop}/metrics", {}))
        run(running(node, log / "kiosk.log", f"http://127.0.0.1:{kiosk}/metrics", {}))
        orders = run(running_van(arguments.van, van))
        addresses = [shop, f"http://127.0.0.1:{kiosk}", f"http://127.0.0.1:{van}"]
        door = run(running_door(addresses))
        prometheus = run(running_prometheus(log, door.url))
        print(f"Six servers and more to come, one registry: {registry}\n", flush=True)
        sent = send(arguments.seconds, shop, f"http://127.0.0.1:{kiosk}", orders)
        prometheus.wait_for_scrape()
        replaced = (log / "shop.log").read_text().count("Booting worker") - WORKERS
        return report(prometheus, sent, door, replaced)


@contextmanager
def running_van(program: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [program, str(port)], stdin=subprocess.PIPE, text=True, start_new_session=True
    )

    def is_ready() -> bool:
        try:
            return bool(fetch(f"http://127.0.0.1:{port}/metrics"))
        except OSError:
            return False

    try:
        wait_until(is_ready, "the van", 30)
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(10)


class Door(http.server.ThreadingHTTPServer):
    """Lets Prometheus in to a random one of the servers, again for each scrape."""

    daemon_threads = True

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.addresses = addresses
        self.answered: Counter[str] = Counter()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        address = random.choice(self.server.addresses)
        request = Request(f"{address}/metrics", headers={"Accept": self.headers["Accept"] or "*/*"})
        with opener.open(request, timeout=5) as page:
            body, kind = page.read(), page.headers["Content-Type"]
        self.server.answered[address] += 1
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_door(addresses: list[str]) -> Iterator[Door]:
    with Door(addresses) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()


def send(
    seconds: float, shop: str, kiosk: str, van: "subprocess.Popen[str]"
) -> Counter[tuple[str, ...]]:
    """Sends orders to all until the time is over. How many each language took."""
    end = time.monotonic() + seconds
    sent: Counter[tuple[str, ...]] = Counter()
    lock = threading.Lock()

    def count(language: str) -> None:
        with lock:
            sent[(language,)] += 1

    def over_http(url: str, language: str) -> None:
        while time.monotonic() < end:
            fetch(f"{url}/order")
            count(language)
            time.sleep(0.005)

    def by_line() -> None:
        assert van.stdin
        while time.monotonic() < end:
            van.stdin.write("order\n")
            van.stdin.flush()
            count("c++")
            time.sleep(0.005)

    customers = [threading.Thread(target=over_http, args=(shop, "python")) for _ in range(4)]
    customers += [threading.Thread(target=over_http, args=(kiosk, "javascript")) for _ in range(4)]
    customers.append(threading.Thread(target=by_line))
    for customer in customers:
        customer.start()
    for step in itertools.count(1):
        if time.monotonic() >= end:
            break
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        if step % 5 == 0:
            print(f"  {sent.total()} orders sent", flush=True)
    for customer in customers:
        customer.join()
    return sent


def report(
    prometheus: Prometheus, sent: Counter[tuple[str, ...]], door: Door, replaced: int
) -> int:
    def counted() -> dict[tuple[str, ...], float]:
        return prometheus.query("sum by (taken_by) (orders_total)", "taken_by")

    # The van may still be reading its last lines.
    try:
        wait_until(lambda: counted() == dict(sent), "the last orders", 15)
    except StackError:
        pass
    found = counted()
    print(f"\n  {'taken by':12} {'sent':>8} {'counted':>8}")
    for language, number in sorted(sent.items()):
        print(f"  {language[0]:12} {number:8} {found.get(language, 0):8.0f}")
    resets = sum(prometheus.query("sum(resets(orders_total[1h]))").values())
    took = sum(prometheus.query("sum(order_duration_seconds_count)").values())
    waiting = sum(prometheus.query("sum(orders_in_flight)").values())
    print(f"  {'all':12} {sent.total():8} {sum(found.values()):8.0f}\n")
    print(f"  in the histogram of all {took:.0f}, in flight {waiting:.0f},", end=" ")
    print(f"counters that went back {resets:.0f}")
    print(f"  gunicorn replaced {replaced} processes; scrapes were answered by")
    for address, name in zip(door.addresses, ("Python", "Node", "C++"), strict=True):
        print(f"    {name:8} {door.answered[address]} times")
    right = found == dict(sent) and (took, waiting, resets) == (sent.total(), 0, 0)
    print("\nRight: every order is in every answer." if right else "\nWRONG.")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
