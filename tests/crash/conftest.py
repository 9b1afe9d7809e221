"""What the crash tests share: whether a namespace can be made, and where its scripts lie."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the scripts run by themselves as well


@pytest.fixture(scope="session")
def namespace():
    """Skip where this account may not make namespaces."""
    import namespace

    if found := namespace.hindrance():
        pytest.skip(found)
    return namespace
