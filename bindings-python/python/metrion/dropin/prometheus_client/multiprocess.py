"""What configurations for several processes call; see `metrion.multiprocess`."""

from __future__ import annotations

from metrion import CollectorRegistry, multiprocess
from metrion._folder import registry_in
from metrion.metrics_core import Metric
from metrion.multiprocess import mark_process_dead
from metrion.samples import Sample

__all__ = ("MultiProcessCollector", "mark_process_dead")


class MultiProcessCollector(multiprocess.MultiProcessCollector):
    """Gives the metrics of all processes that have a folder together."""

    # Pages are made from the core's numbers.
    _is_plain = True

    @staticmethod
    def _registry_in(folder: str) -> CollectorRegistry:
        return registry_in(folder)

    def collect(self) -> list[Metric]:
        """As the original, which gives the sum of a histogram first."""
        metrics = super().collect()
        for metric in metrics:
            if metric.type == "histogram":
                metric.samples = _sums_first(metric.samples)
        return metrics


def _sums_first(samples: list[Sample]) -> list[Sample]:
    ordered: list[Sample] = []
    series = 0
    for sample in samples:
        # It is the last one of its series.
        if sample.name.endswith("_sum"):
            ordered.insert(series, sample)
            series = len(ordered)
        else:
            ordered.append(sample)
    return ordered
