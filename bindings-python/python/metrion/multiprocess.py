"""Several processes as prometheus_client has them: a folder that the environment variable
`PROMETHEUS_MULTIPROC_DIR` names, in which they have one file together.

With that variable `metrion.REGISTRY` is the registry in that file, and gauges that say nothing else
have prometheus_client's mode `all`. Nothing needs to be wiped or told of processes that end."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from metrion._errors import MetrionError
from metrion._folder import IS_DEFAULT, end_numbered, folder_of_environment, registry_in
from metrion._metrion import REGISTRY, CollectorRegistry, FamiliesOf
from metrion.metrics_core import Metric

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ("MultiProcessCollector", "mark_process_dead")


class MultiProcessCollector(FamiliesOf):
    """Gives the metrics of all processes that have a folder together: `path`, or that of the
    environment variable `PROMETHEUS_MULTIPROC_DIR`.

    Raises a `MetrionError` (`invalid_value`) without such a folder, and those of a shared
    `CollectorRegistry`.

    >>> import tempfile
    >>> from metrion import CollectorRegistry
    >>> from metrion.multiprocess import MultiProcessCollector
    >>> registry = CollectorRegistry()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     collector = MultiProcessCollector(registry, folder)
    >>> list(registry.collect())
    []
    """

    _path: str

    def __new__(cls, registry: CollectorRegistry | None, path: str | None = None) -> Self:
        folder = path or folder_of_environment()
        if not folder or not os.path.isdir(folder):
            message = "env PROMETHEUS_MULTIPROC_DIR is not set or not a directory"
            raise MetrionError("invalid_value", message)
        source = cls._registry_in(folder)
        self = super().__new__(cls, source)
        self._path = folder
        # The registry of all processes has their metrics already.
        if registry and registry is not source:
            registry.register(self)
        return self

    @staticmethod
    def _registry_in(folder: str) -> CollectorRegistry:
        own = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if IS_DEFAULT and own and os.path.realpath(folder) == os.path.realpath(own):
            return REGISTRY
        return registry_in(folder)

    @staticmethod
    def merge(files: Iterable[Any], accumulate: bool = True) -> Iterable[Metric]:
        """There are no files to merge: of those that are not there, there is nothing to give."""
        if any(os.path.exists(file) for file in files):
            message = "Metrion has one file for all processes: there is none to merge"
            raise NotImplementedError(message)
        return []


def mark_process_dead(pid: int, path: str | None = None) -> None:
    """Nobody needs it: that a process has ended is known. It ends only what this process says of
    itself under a number that it chose by `metrion.values.MultiProcessValue`."""
    folder = path or folder_of_environment()
    if folder:
        end_numbered(folder, pid)
