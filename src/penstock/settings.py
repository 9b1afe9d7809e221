"""One frozen object, read from the environment once and passed on."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from penstock.kernel.errors import Misconfigured

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set; each field's name in the environment is PENSTOCK_ + its own.

    `database_url`: any PostgreSQL 15+; empty: the embedded server. `data_folder`: where the
    embedded server keeps its data. `host`, `port`: where the API listens. `connections_max`: to
    the database, per process; one is always free for what is no receipt. `requests_max`,
    `merchant_orders_per_s`, `merchant_orders_burst`, `waiting_max_orders`: what one process takes
    on before it says no. `refusals_per_s`: how often it says so to one caller without letting it
    wait. `sold_out_ms`: how long it remembers an empty counter. `body_max_bytes`,
    `batch_max_orders`: what one request may bring. `clock_file`: a virtual clock shared with a
    simulation; empty: the system's. `archive_folder`: where finished months go; empty: they stay.
    `archive_keep_months`: that stay in any case.
    """

    database_url: str = ""
    data_folder: Path = Path(".penstock")
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8075
    connections_max: Annotated[int, msgspec.Meta(ge=2)] = 8
    requests_max: Positive = 1_000
    merchant_orders_per_s: Annotated[float, msgspec.Meta(gt=0)] = 2_000
    merchant_orders_burst: Positive = 20_000
    refusals_per_s: Annotated[float, msgspec.Meta(gt=0)] = 100
    waiting_max_orders: Positive = 20_000
    sold_out_ms: Annotated[int, msgspec.Meta(ge=0)] = 1_000
    body_max_bytes: Positive = 8 * 1024 * 1024
    batch_max_orders: Positive = 10_000
    clock_file: str = ""
    archive_folder: str = ""
    archive_keep_months: Annotated[int, msgspec.Meta(ge=0)] = 6


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read PENSTOCK_* from the environment.

    Raises:
        Misconfigured: a value is not what its setting takes.

    """
    given = {
        field: environment[name]
        for field in Settings.__struct_fields__
        if (name := f"PENSTOCK_{field.upper()}") in environment
    }
    try:
        return msgspec.convert(
            given, Settings, strict=False, dec_hook=lambda kind, value: kind(value)
        )
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        name = f"PENSTOCK_{where.rstrip('`').upper()}"
        raise Misconfigured(f"{name}: {message}; correct it or unset it.") from error
