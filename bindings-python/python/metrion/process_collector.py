"""What the process takes of the machine."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

from metrion._folder import show_of_process
from metrion._metrion import REGISTRY, CollectorRegistry, ProcessReader
from metrion.metrics_core import Metric

__all__ = ("PROCESS_COLLECTOR", "ProcessCollector")


class ProcessCollector:
    """Memory, CPU time, open files and the start of a process, from Linux' `/proc`.

    What cannot be read is left out: all of it on other systems. `pid` is asked at every collection
    for the number of the process; `proc` is where the file system of processes is.

    >>> from metrion import CollectorRegistry, ProcessCollector
    >>> registry = CollectorRegistry()
    >>> _ = ProcessCollector(namespace="shop", registry=registry)
    >>> registry.get_sample_value("shop_process_open_fds") > 0
    True
    """

    is_of_process = True

    def __init__(
        self,
        namespace: str = "",
        pid: Callable[[], int | str] = lambda: "self",
        proc: str | PathLike[str] = "/proc",
        registry: CollectorRegistry | None = REGISTRY,
    ) -> None:
        self._reader = ProcessReader(namespace, proc)
        self._pid = pid
        if registry is not None:
            registry.register(self)

    def describe(self) -> list[Metric]:
        """The families without samples."""
        return self._reader.describe()

    def collect(self) -> list[Metric]:
        """The families now."""
        return self._reader.collect(str(self._pid()))


PROCESS_COLLECTOR = ProcessCollector(registry=None)
show_of_process(PROCESS_COLLECTOR)
"""The one of the default registry."""
