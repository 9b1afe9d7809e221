"""`penstock streams brake`, `brakes`, `rules`, `limit`, `tickets`: what holds orders back."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from penstock import lending
from penstock.api.stock import sku_ids
from penstock.channels.parsed import require_utf8
from penstock.cli.session import console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import Misconfigured, NotFound
from penstock.kernel.toml_text import NotToml, read_toml
from penstock.streams.brake_rules import BrakeRule, put_rules, rules_of
from penstock.streams.buyer_limit import BuyerLimit
from penstock.streams.draw_tickets import sell_by_ticket
from penstock.streams.set_brake import BrakeWish, brakes_of, open_stream

BY = "command line"
Whose = Annotated[str, Parameter(help="code of the merchant whose stream it is")]
OneSku = Annotated[str, Parameter(help="its code; the whole stream without it")]
Why = Annotated[str, Parameter(help="logged and told")]


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    rule: tuple[BrakeRule, ...]


def brake(
    code: str,
    *,
    merchant: Whose,
    sku: OneSku = "",
    pause: Annotated[bool, Parameter(help="let nothing through", negative=())] = False,
    throttle: Annotated[int | None, Parameter(help="orders a minute")] = None,
    cap: Annotated[int | None, Parameter(help="units in all, those sold included")] = None,
    release: Annotated[bool, Parameter(help="release what is in force", negative=())] = False,
    because: Why = "by hand",
) -> None:
    """Brake a stream or one SKU of it from the next order on, or release its brakes."""
    chosen = [pause, throttle is not None, cap is not None, release]
    if sum(chosen) != 1:
        raise Misconfigured("give one of --pause, --throttle N, --cap UNITS and --release.")
    if release:
        asyncio.run(_release(code, merchant, sku, because))
        return
    kind: Literal["pause", "throttle", "cap"] = (
        "pause" if pause else "throttle" if cap is None else "cap"
    )
    asyncio.run(_brake(code, merchant, sku, kind, throttle or cap or 0, because))


async def _brake(
    code: str,
    merchant: str,
    sku: str,
    kind: Literal["pause", "throttle", "cap"],
    value: int,
    because: str,
) -> None:
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, merchant)

        async def work(tx: Transaction) -> bool:
            sku_id = await _sku(tx, merchant_id, sku)
            wish = BrakeWish(kind=kind, value=value, sku_id=sku_id, because=because, by=BY)
            done = await lending.SET_BRAKE(tx, merchant_id, code, wish, opened.now)
            return done.repeated

        repeated = await opened.database.run(OPERATOR, work)
    what = {"pause": "paused", "throttle": f"throttled to {value} orders a minute",
            "cap": f"capped at {value} units"}[kind]  # fmt: skip
    console.print(f"{sku or 'stream'} of {code} {what}" if sku else f"stream {code} {what}")
    if repeated:
        console.print("it was before; nothing changed")


async def _release(code: str, merchant: str, sku: str, because: str) -> None:
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, merchant)

        async def work(tx: Transaction) -> int:
            sku_id = await _sku(tx, merchant_id, sku) if sku else None
            ended = await lending.RELEASE_BRAKES(
                tx, merchant_id, code, opened.now, because=because, by=BY, sku_id=sku_id
            )
            return len(ended)

        released = await opened.database.run(OPERATOR, work)
    console.print(f"{released} brake{'' if released == 1 else 's'} of {code} released")


def brakes(code: str, *, merchant: Whose) -> None:
    """List every brake that a stream has or had, who set and released it, and why."""

    async def work() -> None:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)
            found = await opened.database.run(OPERATOR, lambda tx: brakes_of(tx, merchant_id, code))
        if found is None:
            raise NotFound(f"there is no stream {code!r}")
        if not found:
            console.print("no brake was ever set")
            return
        table = listing("set (UTC)", "what", "because", "released", "turned away")
        for b in found:
            what = f"{b.kind} {b.value}" if b.kind != "pause" else b.kind
            ended = "" if b.to_at is None else f"{b.to_at:%H:%M:%S}, {b.released_because}"
            table.add_row(
                f"{b.from_at:%Y-%m-%d %H:%M:%S}", f"{b.sku} {what}".strip(),
                f"{b.because} ({b.by})", ended, f"{b.turned_away:,}",
            )  # fmt: skip
        console.print(table)

    asyncio.run(work())


def limit(code: str, units: int, *, merchant: Whose, sku: OneSku = "") -> None:
    """Limit the units that one buyer may have of a stream or a SKU of it; 0 takes it away."""

    async def work() -> None:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)

            async def put(tx: Transaction) -> None:
                sku_id = await _sku(tx, merchant_id, sku)
                found = await open_stream(tx, merchant_id=merchant_id, code=code, sku_id=sku_id)
                if found is None:
                    raise NotFound(f"there is no stream {code!r}")
                await lending.LIMIT_BUYERS(
                    tx, merchant_id, found.stream_id, [BuyerLimit(sku_id, units)], BY, opened.now
                )

            await opened.database.run(OPERATOR, put)

    if units < 0:
        raise Misconfigured("give a number of units, or 0 for no limit.")
    asyncio.run(work())
    console.print(f"{units} units a buyer" if units else "no limit of units a buyer")


def tickets(
    code: str,
    *,
    merchant: Whose,
    sku: Annotated[str, Parameter(help="code of the SKU that is sold by ticket")],
    per_minute: Annotated[int, Parameter(help="tickets let in a minute")],
    valid_s: Annotated[int, Parameter(help="seconds for which one is good")] = 300,
) -> None:
    """Sell a SKU of a stream by ticket: shoppers are let in in their order of arrival."""

    async def work() -> None:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)

            async def put(tx: Transaction) -> None:
                sku_id = await _sku(tx, merchant_id, sku)
                await sell_by_ticket(
                    tx, merchant_id, code, sku_id, opened.now,
                    per_minute=per_minute, valid_s=valid_s,
                )  # fmt: skip

            await opened.database.run(OPERATOR, put)

    asyncio.run(work())
    console.print(f"{sku} of {code} is sold by ticket, {per_minute} a minute, {valid_s} s each")


rules = App(name="rules", help="Rules by which streams are braked without anybody's doing.")


@rules.command
def put(file: Path, *, merchant: Whose) -> None:
    """Put the rules of a TOML file in force; each is a [[rule]] table."""
    try:
        read = read_toml(require_utf8(file.read_bytes()))
        given = msgspec.convert(read, _Rules).rule
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}.") from error
    except NotToml as error:
        raise Misconfigured(f"{file} is no TOML file: line {error.line}, {error.what}.") from error
    except msgspec.ValidationError as error:
        raise Misconfigured(f"{file} is no list of rules: {error}.") from error

    async def work() -> int:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)
            return await opened.database.run(
                OPERATOR, lambda tx: put_rules(tx, merchant_id, given, opened.now)
            )

    console.print(f"{asyncio.run(work())} of {len(given)} rules are new or changed")


@rules.command
def show(*, merchant: Whose) -> None:
    """List every rule that a merchant has or had."""

    async def work() -> tuple[BrakeRule, ...]:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)
            return await opened.database.run(OPERATOR, lambda tx: rules_of(tx, merchant_id))

    found = asyncio.run(work())
    if not found:
        console.print("no rule yet")
        return
    table = listing("rule", "when", "then", "for", "from (UTC)", "to (UTC)")
    for r in found:
        sign = "<" if r.measure == "stock_out_min" else ">"
        table.add_row(
            r.code, f"{r.measure} {sign} {r.threshold:g}",
            f"{r.kind} {r.value or ''}".strip(), r.stream or "all streams",
            "" if r.effective_from is None else f"{r.effective_from:%Y-%m-%d %H:%M}",
            "" if r.effective_to is None else f"{r.effective_to:%Y-%m-%d %H:%M}",
        )  # fmt: skip
    console.print(table)


async def _sku(tx: Transaction, merchant_id: int, sku: str) -> int:
    if not sku:
        return 0
    found = (await sku_ids(tx, merchant_id, [sku]))[sku]
    if not found:
        raise NotFound(f"the merchant has no SKU {sku!r}")
    return found
