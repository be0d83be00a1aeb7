"""What configurations for several processes call; see `metrion.multiprocess`."""

from __future__ import annotations

from metrion import CollectorRegistry, multiprocess
from metrion._folder import registry_in
from metrion.multiprocess import mark_process_dead

__all__ = ("MultiProcessCollector", "mark_process_dead")


class MultiProcessCollector(multiprocess.MultiProcessCollector):
    """Gives the metrics of all processes that have a folder together."""

    # Pages are made from the core's numbers.
    _is_plain = True

    @staticmethod
    def _registry_in(folder: str) -> CollectorRegistry:
        return registry_in(folder)
