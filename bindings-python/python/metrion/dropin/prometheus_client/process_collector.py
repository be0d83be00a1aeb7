"""What the process takes of the machine, from Linux' /proc."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from .metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from .registry import REGISTRY, CollectorRegistry

# Fields of /proc/PID/stat, counted from the one behind the process' name.
_USER_TICKS, _SYSTEM_TICKS, _START_TICKS, _VIRTUAL_BYTES, _RESIDENT_PAGES = 11, 12, 19, 20, 21


class ProcessCollector:
    """Memory, CPU time, open files and the start of a process. Without /proc there are none."""

    def __init__(
        self,
        namespace: str = "",
        pid: Callable[[], int | str] = lambda: "self",
        proc: str = "/proc",
        registry: CollectorRegistry | None = REGISTRY,
    ) -> None:
        self._namespace = namespace
        self._pid = pid
        self._proc = proc
        self._prefix = f"{namespace}_process_" if namespace else "process_"
        self._ticks = float(_sysconf("SC_CLK_TCK", 100))
        self._pagesize = _sysconf("SC_PAGE_SIZE", 4096)
        self._btime = _boot_time(Path(proc))
        if registry:
            registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        if self._btime is None:
            return
        folder = Path(self._proc) / str(self._pid()).strip()
        for part in (self._usage, self._files):
            try:
                yield from part(folder)
            except OSError:
                # No such process, or no right to look at it.
                continue

    def _usage(self, folder: Path) -> list[Metric]:
        # The name stands in parentheses, and may have some itself.
        fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        number = [float(field) if field.lstrip(b"-").isdigit() else 0.0 for field in fields]
        started = number[_START_TICKS] / self._ticks + (self._btime or 0.0)
        cpu = (number[_USER_TICKS] + number[_SYSTEM_TICKS]) / self._ticks
        return [
            self._gauge(
                "virtual_memory_bytes", "Virtual memory size in bytes.", number[_VIRTUAL_BYTES]
            ),
            self._gauge(
                "resident_memory_bytes",
                "Resident memory size in bytes.",
                number[_RESIDENT_PAGES] * self._pagesize,
            ),
            self._gauge(
                "start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                started,
            ),
            CounterMetricFamily(
                f"{self._prefix}cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
                value=cpu,
            ),
        ]

    def _files(self, folder: Path) -> list[Metric]:
        lines = (folder / "limits").read_text().splitlines()
        limit = next(float(line.split()[3]) for line in lines if line.startswith("Max open file"))
        is_open = len(os.listdir(folder / "fd"))
        return [
            self._gauge("open_fds", "Number of open file descriptors.", is_open),
            self._gauge("max_fds", "Maximum number of open file descriptors.", limit),
        ]

    def _gauge(self, name: str, documentation: str, value: float) -> Metric:
        return GaugeMetricFamily(self._prefix + name, documentation, value=value)


def _boot_time(proc: Path) -> float | None:
    try:
        lines = (proc / "stat").read_text().splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), None)


def _sysconf(name: str, default: int) -> int:
    try:
        return os.sysconf(name)
    except (AttributeError, ValueError, OSError):
        # Not a system of the Unix kind.
        return default


PROCESS_COLLECTOR = ProcessCollector()
"""The one of the default registry."""
