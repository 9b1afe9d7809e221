"""Evenings to look at: one made of rows, plausible in all its parts, and an empty one."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from penstock.db.transaction import OPERATOR, Transaction
from penstock.drawing.pictures import Lane
from penstock.simulation.evening import (
    Audit,
    CostlyOrder,
    MerchantScore,
    Run,
    SubProcessScore,
    gather,
)

CURTAIN = datetime(2026, 12, 4, 19, tzinfo=UTC)
ORDERS = 400


@pytest.fixture(scope="session")
async def made(server_url, template):
    """A transaction that sees the rows of an evening with 400 orders; only to be read."""
    name = f"{template}_evening"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection = await asyncpg.connect(server_url, database=name)
    await connection.execute(f"BEGIN; SET LOCAL made.orders = {ORDERS}")
    await connection.execute(Path(__file__).with_name("made_evening.sql").read_text("utf-8"))
    await connection.execute("SET LOCAL ROLE penstock_operator")
    yield Transaction(connection, OPERATOR)
    await connection.close()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture(scope="session")
async def evening(made):
    return await gather(made, CURTAIN)


@pytest.fixture
async def empty_evening(tx):
    return await gather(tx, CURTAIN)


@pytest.fixture(scope="session")
def audit():
    return Audit(differences=0, looks=336)


@pytest.fixture(scope="session")
def run():
    return Run(
        title="A livestream evening",
        command="penstock demo --seed 7",
        version="0.1.0",
        seed=7,
        seconds=87.46,
        peak_mib=612.4,
    )


@pytest.fixture(scope="session")
def scores():
    parts = (
        ("order_receipt", "order receipt", 100.0, 0.0),
        ("pick_and_pack", "pick and pack", 76.8, 5.8),
        ("ship_and_transport", "ship and transport", 80.0, 7.0),
        ("order_delivery", "order delivery", 89.5, 2.1),
        ("outside", "outside logistics", None, 0.0),
    )
    return [
        MerchantScore(
            code="cinnabar",
            title="Cinnabar Studio",
            profile="Penstock Logistics Experience Score",
            status="provisional",
            total=85.1,
            sub_processes=tuple(
                SubProcessScore(code=code, title=title, points=points, points_lost=lost)
                for code, title, points, lost in parts
            ),
            lanes=(
                Lane("harbour", "US", "US", "swift", 200, 199),
                Lane("harbour", "US", "GB", "atlas", 40, 25),
                Lane("quay", "CN", "US", "swift", 90, 81),
            ),
            worst=(
                CostlyOrder(
                    order_ref="cinnabar-001740",
                    sub_process="ship and transport",
                    metric="transit_in_time",
                    points=0.0391,
                    happened="delivered 98 h late",
                ),
            ),
        ),
        MerchantScore(
            code="dahlia", title="Dahlia", profile="Penstock", status="no_score", total=None
        ),
    ]
