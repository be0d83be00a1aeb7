"""For the tests of programs that use Metrion."""

from metrion._metrion import ManualClock, check_exposition

__all__ = ("ManualClock", "check_exposition")
