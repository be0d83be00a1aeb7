"""Labels that come and go for a long time: memory must not grow, and no update may be lost.

    python bindings-python/tests/soak_churn.py [--operations 10000000] [--threads 4]

Threads count under labels of their own, far more than `max_series` lets be, remove them again and
scrape; idle series expire. After the first fifth the process must hardly take more memory. One
thread does the same in every round, so the registry must not take one byte more; with several,
how much waits for a scrape to end before it can be used again is never quite the same.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from metrion import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from metrion.testing import ManualClock

USERS = 400  # of each thread
PAGES = ["/", "/cart", "/a/longer/path/of/a/page"]
EXPIRE_AFTER = 60.0
ROUNDS = 10
WARM_UP_ROUNDS = 2
SCRAPE_EVERY = 2000
MAX_RSS_GROWTH = 32 << 20
MAX_REGISTRY_GROWTH = 1.25  # of several threads


@dataclass
class Memory:
    """Bytes at one moment."""

    registry: float
    resident: int


class Churn:
    """The metrics and what was done to them."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_700_000_000.0)
        self.registry = CollectorRegistry(self_metrics=True, clock=self.clock)
        options = {"registry": self.registry, "expire_after": EXPIRE_AFTER}
        labels = ["user", "page"]
        self.hits = Counter("hits", "Hits.", labels, max_series=500, **options)  # type: ignore[arg-type]
        self.took = Histogram("took", "Took.", ["user"], max_series=100, **options)  # type: ignore[arg-type]
        self.level = Gauge("level", "Level.", ["user"], max_series=300, registry=self.registry)
        self.total = Counter("operations", "All of them.", registry=self.registry)
        self.lock = threading.Lock()
        self.observed_times = 0
        # What went away with removed series.
        self.removed_hits = self.removed_observations = 0.0

    def run(self, operations: int, threads: int) -> None:
        """One round, which begins and ends with no series: that many operations in several threads.
        Raises when a total is wrong at its end."""
        workers = [
            threading.Thread(target=self.work, args=(number, operations // threads))
            for number in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.check_totals(operations // threads * threads, threads)
        for metric in (self.hits, self.took, self.level):
            metric.clear()
        self.total.reset()
        self.observed_times = 0
        self.removed_hits = self.removed_observations = 0.0

    def scrape(self) -> None:
        generate_latest(self.registry)
        self.clock.advance(EXPIRE_AFTER / 4)

    def work(self, number: int, operations: int) -> None:
        """Counts under labels that no other thread has, and removes them."""
        choose = random.Random(number)
        users = [f"{number}-{user}" for user in range(USERS)]
        observed_times = 0
        removed_hits = removed_observations = 0.0
        for step in range(operations):
            user, page = choose.choice(users), choose.choice(PAGES)
            self.total.inc()
            self.hits.labels(user, page).inc()
            if step % 3 == 0:
                self.took.labels(user).observe(step % 7)
                observed_times += 1
                self.level.labels(user).inc()
            if step % 5 == 0:
                # Of a series past the limit this is the overflow series, which stays.
                counted = self.hits.labels(user, page).get()
                if self.hits.remove(user, page):
                    removed_hits += counted
            if step % 11 == 0:
                observed = sum(self.took.labels(user).get()[0])
                if self.took.remove(user):
                    removed_observations += observed
            if step % SCRAPE_EVERY == 0:
                self.scrape()
            if step % 1009 == 0:
                self.level.clear()
            elif step % 101 == 0:
                self.level.remove_matching({"user": user})
        with self.lock:
            self.observed_times += observed_times
            self.removed_hits += removed_hits
            self.removed_observations += removed_observations

    def check_totals(self, operations: int, threads: int) -> None:
        """Every update is in a series that is there or in one that was removed."""
        users = [f"{number}-{user}" for number in range(threads) for user in range(USERS)]
        # What expired is shown again when it moves.
        for user in users:
            self.took.labels(user).observe(1)
            for page in PAGES:
                self.hits.labels(user, page).inc()
        families = {family.name: family for family in self.registry.collect()}
        shown = {
            name: sum(sample.value for sample in families[name].samples if sample.name == of)
            for name, of in (("hits", "hits_total"), ("took", "took_count"))
        }
        assert self.total.get() == operations
        assert shown["hits"] + self.removed_hits == operations + len(users) * len(PAGES)
        assert shown["took"] + self.removed_observations == self.observed_times + len(users)
        for name, limit in (("hits", 500), ("took", 100), ("level", 300)):
            assert self.series(name) <= limit + 1, "the overflow series is one more"

    def series(self, name: str) -> int:
        report = self.registry.cardinality()
        return next((own.series for own in report.families if own.name == name), 0)

    def memory(self) -> Memory:
        """Now, with nothing in flight."""
        registry = self.registry.get_sample_value("metrion_registry_bytes")
        assert registry is not None
        # In pages, the second number.
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return Memory(registry, pages * 4096)


def churn(operations: int, threads: int) -> tuple[Memory, Memory]:
    """What it takes after the warm-up and at the end; raises when a total is wrong."""
    run = Churn()
    for _ in range(WARM_UP_ROUNDS):
        run.run(operations // ROUNDS, threads)
    warm = run.memory()
    for _ in range(ROUNDS - WARM_UP_ROUNDS):
        run.run(operations // ROUNDS, threads)
    end = run.memory()
    return warm, end


def check_memory(threads: int, warm: Memory, end: Memory) -> None:
    """Raises when it grew."""
    allowed = warm.registry * (1 if threads == 1 else MAX_REGISTRY_GROWTH)
    assert end.registry <= allowed, f"the registry grew: {warm} to {end}"
    assert end.resident <= warm.resident + MAX_RSS_GROWTH, f"the process grew: {warm} to {end}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=4)
    arguments = parser.parse_args()
    began = time.monotonic()
    warm, end = churn(arguments.operations, arguments.threads)
    seconds = time.monotonic() - began
    print(
        f"{arguments.operations} operations in {arguments.threads} threads, {seconds:.0f} s: "
        f"registry {warm.registry:.0f} to {end.registry:.0f} bytes, "
        f"process {warm.resident >> 20} to {end.resident >> 20} MiB; all totals right"
    )
    check_memory(arguments.threads, warm, end)


if __name__ == "__main__":
    main()
