"""What the tests share."""

import pytest
from hypothesis import settings
from metrion import CollectorRegistry

# `make soak` looks for new cases; where CI is set, hypothesis tries the same ones each time.
settings.register_profile("soak", max_examples=5000, deadline=None)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()
