"""Sending to Graphite, in the lines of its plain-text protocol."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable

from metrion import _metrion
from metrion._metrion import REGISTRY
from metrion.registry import Collector

__all__ = ("GraphiteBridge",)


class GraphiteBridge:
    """Sends the metrics of a registry to Graphite, from native code.

    `address` is a host and a port, `timeout_seconds` how long a push may take. Labels are parts of
    a series' path, `up.job.api`, or with `tags` its tags, `up;job=api`. Characters other than ASCII
    letters, digits, `_` and `-` become `_`.

    >>> import socket
    >>> from metrion import CollectorRegistry, Gauge
    >>> from metrion.bridge.graphite import GraphiteBridge
    >>> registry = CollectorRegistry()
    >>> Gauge("up", "Whether it runs.", ["job"], registry=registry).labels("api").set(1)
    >>> with socket.create_server(("127.0.0.1", 0)) as graphite:
    ...     bridge = GraphiteBridge(graphite.getsockname(), registry, _timer=lambda: 1.5e9)
    ...     bridge.push(prefix="shop")
    ...     graphite.accept()[0].makefile().read()
    'shop.up.job.api 1.0 1500000000\\n'
    """

    def __init__(
        self,
        address: tuple[str, int],
        registry: Collector = REGISTRY,
        timeout_seconds: float = 30,
        _timer: Callable[[], float] = time.time,
        tags: bool = False,
    ) -> None:
        self._bridge = _metrion.GraphiteBridge(address, registry, timeout_seconds, _timer, tags)

    def _uses_created(self) -> bool:
        return _metrion.uses_created_metrics()

    def push(self, prefix: str = "") -> None:
        """Sends all metrics once; all paths begin with `prefix`.

        Raises a `MetrionError`: an `OSError`, such as a `ConnectionRefusedError` or a
        `TimeoutError`, when that fails, and one with the code `invalid_value` for a prefix that is
        no part of a path.
        """
        self._bridge.push(prefix, self._uses_created())

    def start(self, interval: float = 60.0, prefix: str = "") -> None:
        """Sends them from a thread, now and every `interval` seconds, until the process ends or
        `stop()` is called. A push that fails is told to the log `metrion` and counted; the next one
        is tried all the same."""
        self._bridge.start(interval, prefix, self._uses_created())
        # A thread that waits for the interpreter's lock when the interpreter ends would be killed
        # in the middle of native code.
        atexit.register(self.stop)

    def stop(self) -> None:
        """Ends what was started. What is being sent is still sent."""
        atexit.unregister(self.stop)
        self._bridge.stop()

    def stats(self) -> tuple[int, int]:
        """How many pushes of what was started succeeded, and how many failed."""
        return self._bridge.stats()
