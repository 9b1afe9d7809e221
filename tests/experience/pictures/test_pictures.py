"""What is read for pictures is counted exactly, seen from a moment, and a merchant's own."""

from datetime import UTC, datetime, timedelta

from penstock.drawing.pictures import Lane
from penstock.experience.foresee.save import Danger
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.pictures.chances import chances_of, next_chances
from penstock.experience.pictures.pictures import pictures_of
from penstock.experience.profiles.load import load
from penstock.merchants.growth.act_on_score import Rule, Wish, act_on_score
from penstock.merchants.growth.apply_actions import apply_actions

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LES = load("penstock_les")


class Shop:
    """A merchant whose journeys, and who carried them, the test says."""

    def __init__(self, tx, make):
        self.tx, self.make = tx, make
        self.number = 0

    async def opened(self):
        self.merchant_id = await self.make.merchant()
        self.node = await self.make.node()
        self.code, self.node_code = [
            await self.make.one(f"SELECT code FROM {table} WHERE {key} = $1", value)
            for table, key, value in (
                ("merchants.merchant", "merchant_id", self.merchant_id),
                ("inventory.node", "node_id", self.node),
            )
        ]
        return self

    async def order(self, *, ordered, dispatched=None, delivered=None, cancelled=None,
                    market="GB", carrier="", excluded=None):  # fmt: skip
        """Days from NOW; dispatch was due 2 days after the order, delivery 5."""
        self.number += 1

        def at(days):
            return None if days is None else NOW + days * DAY

        await self.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, market,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, deliver_by_at, dispatched_at,"
            " delivered_at, cancelled_at, excluded)"
            " VALUES ($1, $2, 'T-' || $2::bigint, $3, $4, $4, $4, $5, $6, $7, $8, $9, $10)",
            self.merchant_id, self.number, market, at(ordered), at(ordered + 2), at(ordered + 5),
            at(dispatched), at(delivered), at(cancelled), excluded,
        )  # fmt: skip
        if carrier:
            await self.carried(carrier)

    async def carried(self, carrier):
        await self.tx.fetch(
            "INSERT INTO allocation.fulfilment_order"
            " (merchant_id, fulfilment_order_id, order_id, node_id) VALUES ($1, $2, $2, $3)",
            self.merchant_id, self.number, self.node,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO warehouse.parcel SELECT $1, $2::bigint + 1000, $2, 1, $3, 'GB', 'P1', 100,"
            " 'p', $4",
            self.merchant_id, self.number, self.node, NOW,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
            " fee_minor, currency, bought_at, pickup_at, deliver_by_at)"
            " VALUES ($1, $2::bigint + 1000, $3, 's', $1::int || '-' || $2::bigint, 450, 'USD', $4,"
            " $4, $4)",
            self.merchant_id, self.number, carrier, NOW,
        )  # fmt: skip

    async def seen(self, as_of=NOW, **about):
        return await pictures_of(
            self.tx, LES, merchant_id=self.merchant_id, merchant=self.code, as_of=as_of,
            known_to=NOW, **about,
        )  # fmt: skip


async def test_lanes_count_what_fell_due_by_origin_market_and_carrier(tx, make):
    shop = await Shop(tx, make).opened()
    await shop.order(ordered=-9, dispatched=-8, delivered=-4, carrier="swift")
    await shop.order(ordered=-9, dispatched=-8, delivered=-3.9, carrier="swift")
    await shop.order(ordered=-9, dispatched=-8, carrier="swift")
    await shop.order(ordered=-9, dispatched=-8, delivered=-5, carrier="slow", market="FR")
    await shop.order(ordered=-9, dispatched=-8, delivered=-5)  # nobody knows by whom
    await shop.order(ordered=-9, cancelled=-8, carrier="swift")
    await shop.order(ordered=-9, dispatched=-8, carrier="swift", excluded="appeal")
    await shop.order(ordered=-3, carrier="swift")  # not due yet
    await shop.order(ordered=-40, carrier="swift")
    found = (await shop.seen(days=30)).lanes
    assert set(found.lanes) == {
        Lane(shop.node_code, "US", "GB", "swift", 3, 1),
        Lane(shop.node_code, "US", "FR", "slow", 1, 1),
        Lane("", "", "GB", "", 1, 1),
    }
    other = await Shop(tx, make).opened()
    assert (await other.seen()).lanes.lanes == ()


async def test_open_orders_wait_for_hand_over_then_for_delivery_as_of_a_moment(tx, make):
    shop = await Shop(tx, make).opened()
    await shop.order(ordered=-1)
    await shop.order(ordered=-3, dispatched=-1)
    await shop.order(ordered=-3, dispatched=-2, delivered=-1)
    await shop.order(ordered=-3, cancelled=-1)
    await shop.order(ordered=-60)
    found = (await shop.seen(chances={1: 0.25})).at_risk.orders
    assert [(o.order_ref, o.deadline, o.due_at, o.probability) for o in found] == [
        ("T-1", "hand-over", NOW + DAY, 0.25), ("T-2", "delivery", NOW + 2 * DAY, None),
    ]  # fmt: skip
    before = (await shop.seen(NOW - 1.5 * DAY)).at_risk.orders
    assert [(o.order_ref, o.deadline) for o in before] == [
        ("T-2", "hand-over"), ("T-4", "hand-over"), ("T-3", "delivery"),
    ]  # fmt: skip


async def test_the_waterfall_adds_up_and_the_history_tells_what_happened(tx, make):
    shop = await Shop(tx, make).opened()
    for late in (0, 0, 1.5, 3):
        await shop.order(ordered=-9, dispatched=-8, delivered=-4.5 + late)
    wish = Wish(
        merchant_id=shop.merchant_id, day=NOW.date(), score=40.0, band="poor", before=None,
        wanted=31, because="bands: paid 31 days after delivery",
    )  # fmt: skip
    rule = Rule(
        policy="bands", kind="settlement_days", profile=LES.code, approval="auto", silent_days=1
    )
    await apply_actions(tx, await act_on_score(tx, rule, [wish], NOW - DAY), NOW - DAY)
    await tx.fetch(
        "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at)"
        " VALUES ($1, 'friday', 'Friday night', 'US', $2, $3)",
        shop.merchant_id, NOW - 5 * DAY, NOW - 4 * DAY,
    )  # fmt: skip
    seen = await shop.seen()
    score = (await evaluate(tx, LES, as_of=NOW, known_to=NOW, merchant=shop.merchant_id))[
        shop.merchant_id
    ]
    fall = seen.waterfall
    assert score.points is not None
    assert fall.score == float(score.points)
    assert round(fall.high - sum(loss.points for loss in fall.losses), 2) == fall.score
    assert [(h.day, h.kind, h.text) for h in seen.history.happenings] == [
        ((NOW - 5 * DAY).date(), "stream", "stream friday: Friday night"),
        ((NOW - DAY).date(), "act", "bands: paid 31 days after delivery"),
    ]
    last = seen.history.days[-1]
    assert (last.day, last.status, last.score) == (NOW.date(), score.status, fall.score)
    assert seen.history.bands
    assert (seen.history.low, seen.history.high) == (0, 100)


async def test_without_any_order_there_is_nothing_and_no_score_is_made_up(tx, make):
    shop = await Shop(tx, make).opened()
    seen = await shop.seen()
    assert (seen.waterfall.score, seen.waterfall.status, seen.waterfall.losses) == (
        None, "no_score", (),
    )  # fmt: skip
    assert [day.score for day in seen.history.days] == [None]
    assert (seen.lanes.lanes, seen.at_risk.orders) == ((), ())


def test_the_clock_that_runs_out_first_gives_the_chance():
    found = [
        Danger(1, "OTDR", 0.9, 50.0), Danger(1, "LDR", 0.2, 3.0), Danger(2, "OTDR", 0.4, 9.0),
        Danger(1, "VTR", 0.3, 3.0),
    ]  # fmt: skip
    assert next_chances(found) == {1: 0.3, 2: 0.4}
    assert chances_of(None) == {}
