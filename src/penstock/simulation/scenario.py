"""A livestream evening as data: who sells what, where it lies, who carries it, who buys when."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A warehouse and its shift: `pickers` work from `opens` to `closes`, local time."""

    code: str
    title: str
    country: str
    zone: str
    cut_off: time
    orders_per_hour: int
    pickers: int
    opens: time
    closes: time
    missing_share: float = 0.0
    """Of lines whose stock is not where the books say: each gives a short pick."""


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's quality, which only the simulator knows; shares are of parcels."""

    vendor: str
    title: str
    role: Literal["carrier", "broker", "returns_processor"]
    vocabulary: str
    zone: str
    on_time: float = 0.95
    late_days_max: int = 4
    scan_hours: float = 4.0
    lost: float = 0.001
    attempt_fails: float = 0.03
    late_reports: float = 0.05
    doubled_reports: float = 0.03


class Lane(msgspec.Struct, frozen=True):
    """A rate: vendor, node, country, service, fee of up to 2 kg and up to 30 kg, days."""

    vendor: str
    node: str
    country: str
    service: str
    fee_2kg_minor: int
    fee_30kg_minor: int
    currency: str
    transit_days: int
    parcels_per_day: int = 4_000


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """An article, its share of its merchant's demand, and the units announced per node."""

    code: str
    title: str
    hs6: str
    weight_g: int
    size_mm: tuple[int, int, int]
    price_minor: dict[str, int]
    weight: float
    units: dict[str, int]
    ring_fenced: int = 0
    return_share: float = 0.1


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant: `markets` is country → (currency, SLA, share of demand).

    `sync` is the mean time that its channel takes to pass an order on.
    """

    code: str
    title: str
    country: str
    origin: str
    nodes: tuple[str, ...]
    markets: dict[str, tuple[str, str, float]]
    daily_cap: int
    hold: timedelta
    demand_share: float
    skus: tuple[Sku, ...]
    sync: timedelta = timedelta(0)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a play needs besides its seed."""

    title: str
    stream: str
    sets_up_at: datetime
    starts_at: datetime
    explodes_at: datetime
    ends_at: datetime
    curtain_at: datetime
    calm_per_s: float
    peak_per_s: float
    decay_s: float
    after_per_s: float
    nodes: tuple[Node, ...]
    vendors: tuple[Carrier, ...]
    lanes: tuple[Lane, ...]
    sellers: tuple[Seller, ...]
    rates_from: date = date(2026, 1, 1)


_NAMES = ("Arc", "Bay", "Cove", "Dune", "Echo", "Fern", "Glow", "Haze", "Iris", "Jade", "Kite",
          "Luna", "Mist", "Nova", "Opal", "Pine", "Quill", "Reed")  # fmt: skip


def _sku(
    number: int,
    noun: str,
    hs6: str,
    price_minor: dict[str, int],
    weight: float,
    units: dict[str, int],
    *,
    ring_fenced: int = 0,
    return_share: float = 0.08,
) -> Sku:
    name = _NAMES[number % len(_NAMES)]
    return Sku(
        code=f"{noun[:4].upper()}-{number:03}",
        title=f"{name} {noun}",
        hs6=hs6,
        weight_g=180 + 70 * (number % 9),
        size_mm=(90 + 12 * (number % 7), 70 + 9 * (number % 5), 40 + 11 * (number % 4)),
        price_minor=price_minor,
        weight=weight,
        units=units,
        ring_fenced=ring_fenced,
        return_share=return_share,
    )


def _aurora(scale: float) -> Seller:
    def n(units: int) -> int:
        return max(1, round(units * scale))

    east_west = {"newark": n(670), "reno": n(480)}
    hot = (
        _sku(0, "lamp", "940521", {"USD": 2499}, 9.0, {"newark": n(3700), "reno": n(2570)},
             ring_fenced=n(6080), return_share=0.12),
        _sku(1, "projector", "852869", {"USD": 7900}, 6.5, {"newark": n(2760), "reno": n(1800)},
             ring_fenced=n(4370), return_share=0.16),
    )  # fmt: skip
    rest = tuple(
        _sku(i, "lantern", "940542", {"USD": 1500 + 170 * i}, 0.35, east_west) for i in range(2, 18)
    )
    return Seller(
        code="aurora", title="Aurora Lights", country="US", origin="CN",
        nodes=("newark", "reno"), markets={"US": ("USD", "tiktok_us_regular", 1.0)},
        daily_cap=50_000, hold=timedelta(hours=1), demand_share=0.62, skus=hot + rest,
    )  # fmt: skip


def _bramble(scale: float) -> Seller:
    units = {"daventry": max(1, round(950 * scale))}
    return Seller(
        code="bramble", title="Bramble & Co", country="GB", origin="GB",
        nodes=("daventry",), markets={"GB": ("GBP", "tiktok_uk", 1.0)},
        daily_cap=20_000, hold=timedelta(minutes=30), demand_share=0.23,
        skus=tuple(
            _sku(i, "balm", "330499", {"GBP": 900 + 110 * i}, 1.0 + (2.0 if i < 3 else 0.0), units,
                 ring_fenced=max(1, round(810 * scale)) if i < 3 else 0, return_share=0.05)
            for i in range(12)
        ),
    )  # fmt: skip


def _cinnabar(scale: float) -> Seller:
    units = {"shenzhen": max(1, round(760 * scale))}
    return Seller(
        code="cinnabar", title="Cinnabar Studio", country="CN", origin="CN",
        nodes=("shenzhen",),
        markets={"US": ("USD", "tiktok_us_regular", 0.6), "GB": ("GBP", "tiktok_uk", 0.4)},
        daily_cap=max(20, round(3_140 * scale)), hold=timedelta(0), demand_share=0.15,
        skus=tuple(
            _sku(i, "scarf", "621410", {"USD": 1900 + 150 * i, "GBP": 1500 + 120 * i}, 1.0, units,
                 return_share=0.14)
            for i in range(12)
        ),
    )  # fmt: skip


_NODES = (
    Node(code="newark", title="Newark NJ", country="US", zone="America/New_York",
         cut_off=time(17), orders_per_hour=520, pickers=14, opens=time(6), closes=time(22),
         missing_share=0.002),
    Node(code="reno", title="Reno NV", country="US", zone="America/Los_Angeles",
         cut_off=time(16), orders_per_hour=380, pickers=10, opens=time(6), closes=time(22),
         missing_share=0.002),
    Node(code="daventry", title="Daventry", country="GB", zone="Europe/London",
         cut_off=time(18), orders_per_hour=330, pickers=9, opens=time(6), closes=time(22),
         missing_share=0.001),
    Node(code="shenzhen", title="Shenzhen", country="CN", zone="Asia/Shanghai",
         cut_off=time(20), orders_per_hour=260, pickers=7, opens=time(8), closes=time(22),
         missing_share=0.003),
)  # fmt: skip
_VENDORS = (
    Carrier(vendor="swift", title="Swift Parcel", role="carrier", vocabulary="swift",
            zone="America/New_York", on_time=0.97, scan_hours=3.0, lost=0.0008),
    Carrier(vendor="plodder", title="Plodder Post", role="carrier", vocabulary="meridian",
            zone="America/Chicago", on_time=0.86, scan_hours=9.0, lost=0.003, attempt_fails=0.06,
            late_reports=0.12, doubled_reports=0.06),
    Carrier(vendor="albion", title="Albion Mail", role="carrier", vocabulary="swift",
            zone="Europe/London", on_time=0.94, scan_hours=5.0, lost=0.0015),
    Carrier(vendor="pearl", title="Pearl River Express", role="carrier", vocabulary="meridian",
            zone="Asia/Shanghai", on_time=0.88, late_days_max=5, scan_hours=8.0, lost=0.004,
            late_reports=0.1),
    Carrier(vendor="clearway", title="Clearway Brokers", role="broker", vocabulary="harbour",
            zone="UTC", on_time=0.95),
    Carrier(vendor="renew", title="Renew Returns", role="returns_processor",
            vocabulary="boomerang", zone="UTC"),
)  # fmt: skip
_LANES = (
    Lane("swift", "newark", "US", "ground", 690, 1490, "USD", 3),
    Lane("swift", "reno", "US", "ground", 690, 1490, "USD", 3),
    Lane("plodder", "newark", "US", "saver", 520, 1190, "USD", 4),
    Lane("plodder", "reno", "US", "saver", 520, 1190, "USD", 4),
    Lane("albion", "daventry", "GB", "tracked48", 340, 890, "GBP", 2),
    Lane("pearl", "shenzhen", "US", "line", 780, 2900, "USD", 6),
    Lane("pearl", "shenzhen", "GB", "line", 640, 2500, "USD", 6),
)


def livestream_evening(scale: float = 1.0, days: float = 14) -> Scenario:
    """Return the demo's evening; `scale` shrinks orders, stock and floor alike, for tests."""
    start = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    nodes = tuple(
        msgspec.structs.replace(
            node,
            pickers=max(1, round(node.pickers * scale)),
            orders_per_hour=max(20, round(node.orders_per_hour * scale)),
        )
        for node in _NODES
    )
    return Scenario(
        title="A livestream evening",
        stream="friday-night",
        sets_up_at=start - timedelta(hours=2),
        starts_at=start,
        explodes_at=start + timedelta(minutes=6),
        ends_at=start + timedelta(hours=1),
        curtain_at=start + timedelta(days=days),
        calm_per_s=1.9 * scale,
        peak_per_s=214.0 * scale,
        decay_s=80.0,
        after_per_s=1.24 * scale,
        nodes=nodes,
        vendors=_VENDORS,
        lanes=_LANES,
        sellers=(_aurora(scale), _bramble(scale), _cinnabar(scale)),
    )
