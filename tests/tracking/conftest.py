"""Parcels on the road; the world is that of the shipping tests."""

import runpy
from pathlib import Path

import pytest

Road = runpy.run_path(str(Path(__file__).parents[1] / "shipping" / "conftest.py"))["Road"]


@pytest.fixture
def road(make):
    return Road(make)


@pytest.fixture
def road_in(make_in):
    return lambda tx: Road(make_in(tx))
