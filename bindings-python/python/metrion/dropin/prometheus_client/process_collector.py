"""`metrion.process_collector`, for the registry of this package."""

from __future__ import annotations

from collections.abc import Callable

from metrion import process_collector

from .registry import REGISTRY, CollectorRegistry


class ProcessCollector(process_collector.ProcessCollector):
    """Memory, CPU time, open files and the start of a process, from Linux' `/proc`."""

    # The original does not say in advance what it gives.
    describe = None  # type: ignore[assignment]

    def __init__(
        self,
        namespace: str = "",
        pid: Callable[[], int | str] = lambda: "self",
        proc: str = "/proc",
        registry: CollectorRegistry | None = REGISTRY,
    ) -> None:
        super().__init__(namespace, pid, proc, registry)


PROCESS_COLLECTOR = ProcessCollector()
"""The one of the default registry."""
