"""Pushing to Graphite's plain-text protocol."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

from ..registry import REGISTRY, Collector
from ..samples import Sample

# Dots too: they tell labels apart.
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_-]")


class GraphiteBridge:
    """Sends the metrics of a registry to Graphite: labels are parts of the path, or tags."""

    def __init__(
        self,
        address: tuple[str, int],
        registry: Collector = REGISTRY,
        timeout_seconds: float = 30,
        _timer: Callable[[], float] = time.time,
        tags: bool = False,
    ) -> None:
        self._address = address
        self._registry = registry
        self._timeout = timeout_seconds
        self._timer = _timer
        self._tags = tags

    def push(self, prefix: str = "") -> None:
        """Sends all metrics once; an `OSError` when that fails."""
        data = "".join(self._lines(f"{prefix}." if prefix else "")).encode("ascii")
        with socket.create_connection(self._address, self._timeout) as connection:
            connection.sendall(data)

    def _lines(self, prefix: str) -> Iterator[str]:
        now = int(self._timer())
        for metric in self._registry.collect():
            for sample in metric.samples:
                yield f"{prefix}{self._path(sample)} {float(sample.value)} {now}\n"

    def _path(self, sample: Sample) -> str:
        before, between = (";", "=") if self._tags else (".", ".")
        labels = sorted(sample.labels.items())
        parts = (f"{before}{_sanitize(name)}{between}{_sanitize(value)}" for name, value in labels)
        return _sanitize(sample.name) + "".join(parts)

    def start(self, interval: float = 60.0, prefix: str = "") -> None:
        """Sends them from a thread every `interval` seconds until the process ends."""
        threading.Thread(target=self._push_forever, args=(interval, prefix), daemon=True).start()

    def _push_forever(self, interval: float, prefix: str) -> None:
        next_push = time.monotonic()
        while True:
            time.sleep(max(next_push - time.monotonic(), 0))
            try:
                self.push(prefix)
            except OSError:
                logging.exception("Push failed")
            # Pushes that it was too late for are left out.
            while next_push <= time.monotonic():
                next_push += interval


def _sanitize(text: str) -> str:
    return _NOT_ALLOWED.sub("_", text)
