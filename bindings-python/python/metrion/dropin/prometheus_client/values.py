"""Views of the numbers that metrics keep in the core: those of `metrion.values`."""

from metrion.values import (
    MultiProcessValue,
    MutexValue,
    ValueClass,
    close_all_multiprocess_files,
    get_value_class,
)

__all__ = (
    "MultiProcessValue",
    "MutexValue",
    "ValueClass",
    "close_all_multiprocess_files",
    "get_value_class",
)
