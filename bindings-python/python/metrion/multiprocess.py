"""What configurations for several processes call. There is one process for now: its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from typing import Any

from metrion._errors import MetrionError
from metrion._metrion import REGISTRY, CollectorRegistry
from metrion.metrics_core import Metric

__all__ = ("MultiProcessCollector", "mark_process_dead")


class MultiProcessCollector:
    """Gives the metrics of this process, those of the default registry. `path`, or the environment
    variable `PROMETHEUS_MULTIPROC_DIR`, is a folder, which stays empty.

    Raises a `MetrionError` (`invalid_value`) without such a folder, and for the default registry.

    >>> import tempfile
    >>> from metrion import CollectorRegistry
    >>> from metrion.multiprocess import MultiProcessCollector
    >>> registry = CollectorRegistry()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = MultiProcessCollector(registry, folder)
    >>> registry.get_sample_value("process_open_fds") > 0
    True
    """

    _own_registry: Any = REGISTRY

    def __init__(self, registry: CollectorRegistry | None, path: str | None = None) -> None:
        path = path or _folder()
        if not path or not os.path.isdir(path):
            message = "env PROMETHEUS_MULTIPROC_DIR is not set or not a directory"
            raise MetrionError("invalid_value", message)
        if registry is self._own_registry:
            raise MetrionError("invalid_value", "the default registry would collect itself")
        self._path = path
        if registry:
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics now."""
        return REGISTRY.collect()

    @staticmethod
    def merge(files: Iterable[Any], accumulate: bool = True) -> Iterable[Metric]:
        """There are no files to merge."""
        raise NotImplementedError("Metrion keeps no files for several processes")


def mark_process_dead(pid: int, path: str | None = None) -> None:
    """Does nothing: what another process counted is not here."""


def _folder() -> str | None:
    old, new = "prometheus_multiproc_dir", "PROMETHEUS_MULTIPROC_DIR"
    if old in os.environ and new not in os.environ:
        os.environ[new] = os.environ[old]
        warnings.warn(
            f"{old} variable has been deprecated in favor of the upper case naming {new}",
            DeprecationWarning,
            stacklevel=3,
        )
    return os.environ.get(new)
