"""The examples in the docstrings of the HTTP metrics."""

import doctest
from types import ModuleType

import metrion._labels
import metrion.asgi
import metrion.fastapi
import metrion.flask
import metrion.wsgi
import pytest


@pytest.mark.parametrize(
    "module", [metrion._labels, metrion.asgi, metrion.fastapi, metrion.flask, metrion.wsgi]
)
def test_examples(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
