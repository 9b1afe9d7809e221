"""What can be done for an order in danger, and when a merchant is warned: policy as data."""

from importlib import resources
from pathlib import Path

import msgspec

from penstock.experience.foresee.history import STAGES
from penstock.kernel.errors import Invalid, NotFound


class Mends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the danger that an action takes away, by what stops the clock."""

    dispatch: float
    delivery: float


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that can be done for an order that has reached one of `stages`, and no further.

    `cancels` says that it ends the order by the seller's fault; such a thing is only proposed above
    `least_chance` of a defect. `assumed` marks an estimate that nobody has measured.
    """

    code: str
    title: str
    stages: tuple[str, ...]
    minutes: float
    mends: Mends
    cancels: bool = False
    least_chance: float = 0.0
    assumed: bool = False


class BandWarning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning is given above one chance to lose a band, and ends below another."""

    within_days: int
    above_chance: float
    below_chance: float
    assumed: bool = False


class SavePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a saved order is worth is the difference to the score `worth_after_days` from now."""

    worth_after_days: int
    least_chance: float
    warning: BandWarning
    actions: tuple[Action, ...] = msgspec.field(name="action")


def load_save_policy(path: str = "") -> SavePolicy:
    """Return the policy in the file `path`, or the shipped one.

    Raises:
        NotFound: there is no such file.
        Invalid: it is no policy; the message says where.

    """
    name = path or "policy.toml"
    try:
        if path:
            text = Path(path).read_text("utf-8")
        else:
            text = (resources.files("penstock.experience.foresee") / name).read_text("utf-8")
        policy = msgspec.toml.decode(text, type=SavePolicy)
    except OSError as error:
        raise NotFound(f"cannot read the policy {name}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{name}: {error}") from error
    if wrong := _wrong(policy):
        raise Invalid(f"{name}: {wrong}")
    return policy


def _wrong(policy: SavePolicy) -> str:
    """Say the first thing that is wrong with a policy, or nothing."""
    warning = policy.warning
    wrong = {
        "worth_after_days is 1 to 30": not 1 <= policy.worth_after_days <= 30,
        "warning.within_days is 1 to 30": not 1 <= warning.within_days <= 30,
        "warning: 0 ≤ below_chance ≤ above_chance ≤ 1": not (
            0 <= warning.below_chance <= warning.above_chance <= 1
        ),
    }
    for action in policy.actions:
        who = f"action {action.code}"
        wrong |= {
            f"{who}: stages are of {', '.join(STAGES)}": bool(set(action.stages) - set(STAGES)),
            f"{who}: minutes are more than 0": not 0 < action.minutes < 10_000,
            f"{who}: mends is 0 to 1": not (
                0 <= action.mends.dispatch <= 1 and 0 <= action.mends.delivery <= 1
            ),
        }
    return next((words for words, holds in wrong.items() if holds), "")
