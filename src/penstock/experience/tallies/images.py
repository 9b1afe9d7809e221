"""Images of journeys before and after a change, and what the change changed."""

from collections.abc import Mapping
from functools import cache

from penstock.experience.words.composing import followed
from penstock.experience.words.vocabulary import WORDS, bound, names_in


def images(source: str, signs: Mapping[str, int]) -> str:
    """Return the selection of the images before and after changes, each with its sign.

    `changed` has a bit for each thing that a change changed, so that measures which do not look at
    any of them are passed over: of both images they would count the same.
    """
    begun = "t.before_ordered_at IS NULL OR t.after_ordered_at IS NULL"
    before, after = ({c: f"t.{side}_{c}" for c in followed()} for side in ("before", "after"))
    bits = " | ".join(
        f"CASE WHEN ({bound(text, before)}) IS DISTINCT FROM ({bound(text, after)})"
        f" THEN {1 << n} ELSE 0 END"
        for n, (_, text) in enumerate(things())
    )
    changed = f"CASE WHEN {begun} THEN -1 ELSE ({bits})::bigint END"
    return "\nUNION ALL\n".join(
        f"SELECT {sign} AS sign, {changed} AS changed, t.merchant_id, t.fulfilment_order_id, "  # noqa: S608  our own names
        + ", ".join(f"t.{side}_{column} AS {column}" for column in followed())
        + f" FROM {source} AS t WHERE t.{side}_ordered_at IS NOT NULL"
        for side, sign in signs.items()
    )


@cache
def things() -> list[tuple[frozenset[str], str]]:
    """Return what a change may change: the names that tell, and its text.

    A moment that is the same in every zone is a thing of its own; one of a zone changes with the
    columns that it is made of.
    """
    of_zone = {name: names_in(sql) for name, sql in WORDS.moment.items() if ":time_zone" in sql}
    bits = [
        (frozenset({column} | {n for n, read in of_zone.items() if column in read}), column)
        for column in followed()
    ]
    everywhere = sorted(WORDS.moment.keys() - of_zone.keys())
    return bits + [(frozenset({name}), WORDS.moment[name]) for name in everywhere]
