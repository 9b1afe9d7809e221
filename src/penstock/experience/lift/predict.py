"""What each lever would have brought: points by sub-process and money, with intervals."""

from collections.abc import Mapping, Sequence

import msgspec

from penstock.experience.drivers.array import np
from penstock.experience.lift.assumptions import Assumptions
from penstock.experience.lift.columns import Columns
from penstock.experience.lift.levers import Lever, NotTold
from penstock.experience.lift.money import Money, cost_of, losses, money_of
from penstock.experience.lift.offer import offered
from penstock.experience.lift.past import Past
from penstock.experience.lift.queues import Queues
from penstock.experience.lift.recount import tallies
from penstock.experience.lift.replay import Replayed, replay
from penstock.experience.lift.sums import Sums, blocks_of, close, sums_of
from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score, score
from penstock.experience.scores.total import rate, total
from penstock.kernel.errors import Invalid

LEVEL = 0.9
_DRAWS = 8
_ROUNDS = 15


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """What one lever would have brought: the change of the score, and of each sub-process's part.

    `low` and `high` hold the change in 90 of 100 replays of resampled days. `bands_gained` and
    `bands_lost` are the profile's bands whose line the score would cross.
    """

    lever: Lever
    points: float
    low: float
    high: float
    sub_processes: dict[str, float]
    bands_gained: tuple[str, ...]
    bands_lost: tuple[str, ...]
    money: Money


class Lifts(msgspec.Struct, frozen=True, kw_only=True):
    """Every lever of a merchant, the best first.

    `held` are metrics that a replay cannot recount; they stay as they were measured.
    """

    points: float
    status: str
    orders: int
    lifted: tuple[Lifted, ...]
    not_told: tuple[NotTold, ...]
    held: tuple[str, ...]


class _Judge:
    """Scores what was and what would have been, alike."""

    def __init__(
        self, past: Past, profile: Profile, measured: Mapping[str, Count], assume: Assumptions,
        seed: int,
    ) -> None:  # fmt: skip
        self._past, self._profile, self._assume = past, profile, assume
        self._goods = np.array([o.goods_minor for o in past.snapshot.orders], dtype=float)
        self._block = blocks_of(past.columns.times["ordered"])
        self._blocks = int(self._block.max()) + 1
        self._measured = measured
        self.now = self.sums(past.columns)
        whole = self.now.counts(np.ones(self._blocks))
        self.held = tuple(
            sorted(
                metric.code
                for metric in profile.metrics
                if not metric.supplied
                and not close(whole.get(metric.code), measured.get(metric.code))
            )
        )
        random = np.random.default_rng(seed)
        even = np.full(self._blocks, 1 / self._blocks)
        self.weights = random.multinomial(self._blocks, even, size=_DRAWS * _ROUNDS)
        self.luck = random.random((_DRAWS, len(self._goods)))
        self.score = self._scored(measured)
        self._resampled = [self._total(self._kept(self.now.counts(w))) for w in self.weights]

    def sums(self, columns: Columns) -> Sums:
        found = tallies(self._profile, columns.orders(), self._past.snapshot.as_of)
        lost = losses(columns, self._goods, self._assume, self._past.snapshot)
        return sums_of(found, lost, self._block, self._blocks)

    def lifted(self, lever: Lever, currency: str, replays: Sequence[Replayed]) -> Lifted:
        """Compare replays of a lever, one for each draw of luck, with what was."""
        ones = np.ones(self._blocks)
        whole, subs, gains = [], [], []
        spread, spread_gains = [], []
        scores: list[Score] = []
        for draw, replayed in enumerate(replays):
            then = self.sums(replayed.columns)
            after = self._scored(self._shifted(then.counts(ones)))
            scores.append(after)
            whole.append(_points(after) - _points(self.score))
            subs.append(_by_sub_process(self.score, after))
            gains.append(float((self.now.lost_minor - then.lost_minor).sum()))
            for place in range(draw, len(self.weights), len(replays)):
                weights = self.weights[place]
                resampled = self._total(self._kept(then.counts(weights)))
                spread.append(resampled - self._resampled[place])
                lost = self.now.lost_minor - then.lost_minor
                spread_gains.append(float(weights @ lost))
        tail = (1 - LEVEL) / 2
        # The middle of the resamples is not the whole's change, where the formula bends.
        low, high = np.quantile(np.array(spread), [tail, 1 - tail])
        points = float(np.mean(whole))
        freight = round(float(np.mean([r.freight_minor for r in replays])))
        median = sorted(scores, key=_points)[len(scores) // 2]
        return Lifted(
            lever=lever,
            points=round(points, 2),
            low=round(min(float(low), points), 2),
            high=round(max(float(high), points), 2),
            sub_processes={
                code: round(float(np.mean([sub[code] for sub in subs])), 2) for code in subs[0]
            },
            bands_gained=tuple(b for b in median.bands if b not in self.score.bands),
            bands_lost=tuple(b for b in self.score.bands if b not in median.bands),
            money=money_of(
                currency,
                cost_of(self._past, lever, freight, self._assume),
                float(np.mean(gains)),
                spread_gains,
                tail,
            ),
        )

    def _scored(self, counts: Mapping[str, Count]) -> Score:
        return score(self._profile, counts)

    def _total(self, counts: Mapping[str, Count]) -> float:
        """Return the points alone: of a resample nobody asks which metric lost them."""
        points, _ = total(
            self._profile, rate(self._profile, counts, counts[ORDERS].denominator), counts
        )
        return 0.0 if points is None else float(points)

    def _kept(self, counts: Mapping[str, Count]) -> dict[str, Count]:
        """Leave what cannot be recounted as it was measured."""
        known = {c: n for c, n in counts.items() if c in self._measured and c not in self.held}
        return {**self._measured, **known}

    def _shifted(self, then: Mapping[str, Count]) -> dict[str, Count]:
        """Move the database's counts by what the replay changed."""
        was = self.now.counts(np.ones(self._blocks))
        moved = {
            code: Count(
                numerator=max(
                    0, self._measured[code].numerator + n.numerator - was[code].numerator
                ),
                denominator=max(
                    0, self._measured[code].denominator + n.denominator - was[code].denominator
                ),
                excluded=max(0, self._measured[code].excluded + n.excluded - was[code].excluded),
            )
            for code, n in then.items()
            if code in self._measured and code not in self.held and code != ORDERS
        }
        return {**self._measured, **moved}


def lifts(
    past: Past,
    profile: Profile,
    measured: Mapping[str, Count],
    assume: Assumptions,
    *,
    currency: str,
    seed: int,
    levers: Sequence[Lever] | None = None,
) -> Lifts:
    """Replay the past under every lever that it offers, or under `levers`.

    `measured` is what the database counted for the profile at the snapshot's end.

    Raises:
        Invalid: there is nothing to replay, or too few orders for a score.

    """
    if not past.snapshot.orders or ORDERS not in measured:
        raise Invalid("there are no orders in these weeks: there is nothing to replay")
    silent: list[NotTold] = []
    if levers is None:
        levers, silent = offered(past, assume)
    judge = _Judge(past, profile, measured, assume, seed)
    if judge.score.points is None:
        raise Invalid(
            f"{profile.code} gives no score for {judge.score.orders} orders: nothing can be lifted"
        )
    if judge.score.status == "growth":
        raise Invalid(
            f"{profile.code} gives new shops a fixed score until they have"
            f" {profile.gate.orders_min} orders: nothing but orders lifts it"
        )
    queues = Queues(past)
    found = [
        judge.lifted(lever, currency, [replay(past, lever, queues, luck) for luck in judge.luck])
        for lever in levers
    ]
    return Lifts(
        points=_points(judge.score),
        status=judge.score.status,
        orders=judge.score.orders,
        lifted=tuple(sorted(found, key=lambda one: -one.points)),
        not_told=tuple(silent),
        held=judge.held,
    )


def _points(scored: Score) -> float:
    return 0.0 if scored.points is None else float(scored.points)


def _by_sub_process(before: Score, after: Score) -> dict[str, float]:
    lost = {part.code: float(part.points_lost) for part in before.sub_processes}
    return {
        part.code: lost[part.code] - float(part.points_lost)
        for part in after.sub_processes
        if part.code in lost
    }
