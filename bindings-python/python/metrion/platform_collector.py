"""Which Python runs."""

from __future__ import annotations

import platform as _platform
from typing import Any

from metrion._folder import show_of_process
from metrion._metrion import REGISTRY, CollectorRegistry
from metrion.metrics_core import GaugeMetricFamily, Metric

__all__ = ("PLATFORM_COLLECTOR", "PlatformCollector")


class PlatformCollector:
    """Says the version and the implementation of Python in the labels of `python_info`.

    `platform` stands for the module of that name, for tests.

    >>> from metrion import PlatformCollector
    >>> [info] = PlatformCollector(registry=None).collect()
    >>> sorted(info.samples[0].labels)
    ['implementation', 'major', 'minor', 'patchlevel', 'version']
    """

    is_of_process = True

    def __init__(self, registry: CollectorRegistry | None = REGISTRY, platform: Any = None) -> None:
        labels = _labels_of(platform or _platform)
        info = GaugeMetricFamily("python_info", "Python platform information", labels=labels)
        info.add_metric(labels.values(), 1)
        self._metrics: list[Metric] = [info]
        if registry is not None:
            registry.register(self)

    def describe(self) -> list[Metric]:
        """The same as `collect`: it never changes."""
        return self._metrics

    def collect(self) -> list[Metric]:
        """The one family."""
        return self._metrics


def _labels_of(platform: Any) -> dict[str, str]:
    major, minor, patchlevel = platform.python_version_tuple()
    labels = {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "major": major,
        "minor": minor,
        "patchlevel": patchlevel,
    }
    if platform.system() == "Java":
        jvm_version, _, (jvm_name, jvm_release, jvm_vendor), _ = platform.java_ver()
        labels.update(
            jvm_version=jvm_version,
            jvm_release=jvm_release,
            jvm_vendor=jvm_vendor,
            jvm_name=jvm_name,
        )
    return labels


PLATFORM_COLLECTOR = PlatformCollector(registry=None)
show_of_process(PLATFORM_COLLECTOR)
"""The one of the default registry."""
