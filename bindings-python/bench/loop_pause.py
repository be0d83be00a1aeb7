"""How long a scrape of 100,000 series keeps an asyncio program from anything else.

Each package's ASGI application is served by uvicorn. While another process scrapes it, a task in
the same event loop notes the longest time between two of its turns. Packages take turns; printed
are medians over the rounds, and the longest pause without any scrape, which is the machine's own.
"""

import argparse
import asyncio
import importlib.metadata
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

import metrion
import prometheus_client
import uvicorn

ROOT = Path(__file__).resolve().parents[2]
SERIES = 100_000
# Reads a port from each line, scrapes it, and answers with the number of lines.
SCRAPER = """
import sys, urllib.request
for port in sys.stdin:
    page = urllib.request.urlopen(f"http://127.0.0.1:{int(port)}/", timeout=60).read()
    print(page.count(b"\\n"), flush=True)
"""


def application(package: Any) -> Any:
    registry = package.CollectorRegistry()
    requests = package.Counter(
        "requests", "Requests.", ["method", "path", "status"], registry=registry
    )
    for number in range(SERIES):
        method = ("GET", "POST", "PUT", "DELETE")[number % 4]
        requests.labels(method, f"/api/v1/items/{number}", "200").inc(number)
    return package.make_asgi_app(registry)


async def start(app: Any) -> tuple[uvicorn.Server, asyncio.Task[None], int]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    return server, task, server.servers[0].sockets[0].getsockname()[1]


async def longest_pause(work: Awaitable[Any]) -> tuple[float, Any]:
    """The longest time in ns between two turns of a task while `work` is under way; its result."""
    task = asyncio.ensure_future(work)
    longest, last = 0, time.perf_counter_ns()
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter_ns()
        longest, last = max(longest, now - last), now
    return longest, task.result()


async def measure(rounds: int) -> tuple[dict[str, list[float]], list[float]]:
    packages = {"ours": metrion, "peer": prometheus_client}
    servers = {side: await start(application(package)) for side, package in packages.items()}
    scraper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRAPER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert scraper.stdin and scraper.stdout
    pauses: dict[str, list[float]] = {side: [] for side in packages}
    quiet = []
    for _ in range(rounds):
        for side, (_, _, port) in servers.items():
            scraper.stdin.write(f"{port}\n".encode())
            pause, answer = await longest_pause(scraper.stdout.readline())
            if int(answer) < SERIES:
                raise SystemExit(f"the scrape of {packages[side].__name__} had {int(answer)} lines")
            pauses[side].append(pause)
        quiet.append((await longest_pause(asyncio.sleep(0.05)))[0])
    scraper.stdin.close()
    await scraper.wait()
    for server, task, _ in servers.values():
        server.should_exit = True
        await task
    return pauses, quiet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--out", type=Path, default=ROOT / "target/bench/python_loop.json")
    options = parser.parse_args()

    prometheus_client.disable_created_metrics()
    pauses, quiet = asyncio.run(measure(options.rounds))
    ratios = [theirs / own for own, theirs in zip(pauses["ours"], pauses["peer"], strict=True)]
    ours, theirs = (statistics.median(pauses[side]) for side in ("ours", "peer"))
    row = {
        "id": "python_loop_pause",
        "title": "Python: longest pause of the event loop in a scrape of 100k series",
        "ours_ns": ours,
        "peer": "prometheus_client",
        "peer_version": importlib.metadata.version("prometheus_client"),
        "peer_ns": theirs,
        "ratio": round(theirs / ours, 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
        "goal": None,
    }
    print(
        f"longest pause of the event loop, medians of {options.rounds} rounds: metrion "
        f"{ours / 1e6:.2f} ms (goal: at most 1 ms), prometheus_client {theirs / 1e6:.0f} ms, "
        f"without a scrape {statistics.median(quiet) / 1e6:.2f} ms"
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"rows": [row]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
