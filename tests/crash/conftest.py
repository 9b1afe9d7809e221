"""What the crash tests share: whether a namespace can be made, and where its scripts lie."""

import sys
from pathlib import Path

import pytest

# The scripts run by themselves as well, and share the benchmarks' shop.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]


@pytest.fixture(scope="session")
def namespace():
    """Skip where this account may not make namespaces."""
    import namespace

    if found := namespace.hindrance():
        pytest.skip(found)
    return namespace
