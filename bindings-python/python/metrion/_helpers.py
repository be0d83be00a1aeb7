"""Context managers that are decorators too, right for whatever kind of function they decorate.

A coroutine's or generator's time is from its first step to its end, not the moment in which calling
the function made it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from time import perf_counter
from types import TracebackType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def _is(kind: Callable[[object], bool], function: Callable[..., Any]) -> bool:
    """Whether a function, or an object that is called as one, is of a kind."""
    return kind(function) or kind(type(function).__call__)


class _Decorator:
    """Enters a context of its own for each call of the decorated function."""

    def _fresh(self) -> _Decorator:
        raise NotImplementedError

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def __call__(self, function: Function) -> Function:
        if _is(iscoroutinefunction, function):

            @wraps(function)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                with self._fresh():
                    return await function(*args, **kwargs)

            return coroutine  # type: ignore[return-value]

        if _is(isasyncgenfunction, function):

            @wraps(function)
            async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
                with self._fresh():
                    inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
                    try:
                        value = await anext(inner)
                        while True:
                            try:
                                sent = yield value
                            except GeneratorExit:
                                raise
                            except BaseException as error:
                                value = await inner.athrow(error)
                            else:
                                value = await inner.asend(sent)
                    except StopAsyncIteration:
                        return
                    finally:
                        await inner.aclose()

            return async_generator  # type: ignore[return-value]

        if _is(isgeneratorfunction, function):

            @wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with self._fresh():
                    inner: Generator[Any, Any, Any] = function(*args, **kwargs)
                    return (yield from inner)

            return generator  # type: ignore[return-value]

        @wraps(function)
        def plain(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return plain  # type: ignore[return-value]


class Timer(_Decorator):
    """Passes the seconds that a block took to a method of a metric; see `Histogram.time`.

    >>> from metrion import CollectorRegistry, Histogram
    >>> duration = Histogram("job_seconds", "Time.", ["kind"], registry=CollectorRegistry())
    >>> with duration.time() as timer:
    ...     timer.labels("import")
    >>> sum(duration.labels("import").get()[0])
    1.0
    """

    duration: float | None = None
    """The seconds, once the block has ended."""
    exemplar: Mapping[str, object] | None = None
    """Labels that say where the time of a histogram comes from; the block may set them."""

    def __init__(self, metric: Any, callback_name: str) -> None:
        self._metric = metric
        self._method = callback_name
        self._start = 0.0

    def labels(self, *labelvalues: object, **labels: object) -> None:
        """Says within the block which child is to be given the time."""
        self._metric = self._metric.labels(*labelvalues, **labels)

    def _fresh(self) -> Timer:
        return Timer(self._metric, self._method)

    def __enter__(self) -> Timer:
        self._start = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.duration = perf_counter() - self._start
        update = getattr(self._metric, self._method)
        if self.exemplar:
            update(self.duration, exemplar=self.exemplar)
        else:
            update(self.duration)


class InprogressTracker(_Decorator):
    """Counts a block while it runs; see `Gauge.track_inprogress`."""

    def __init__(self, inc: Callable[[], None], dec: Callable[[], None]) -> None:
        self._inc = inc
        self._dec = dec

    def _fresh(self) -> InprogressTracker:
        return self

    def __enter__(self) -> None:
        self._inc()

    def __exit__(self, *_: object) -> None:
        self._dec()


class ExceptionCounter(_Decorator):
    """Counts the exceptions that leave a block; see `Counter.count_exceptions`."""

    def __init__(
        self,
        inc: Callable[[], None],
        exception: type[BaseException] | tuple[type[BaseException], ...] | None,
    ) -> None:
        self._inc = inc
        self._exception = exception or Exception

    def _fresh(self) -> ExceptionCounter:
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, self._exception):
            self._inc()
