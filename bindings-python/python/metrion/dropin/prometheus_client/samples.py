"""Samples: those of `metrion.samples`."""

from metrion.samples import BucketSpan, Exemplar, NativeHistogram, Sample, Timestamp

__all__ = ("BucketSpan", "Exemplar", "NativeHistogram", "Sample", "Timestamp")
