"""`penstock score --plot FILE`: a merchant's score in pictures, as one file."""

import asyncio
from datetime import date
from pathlib import Path
from typing import cast

from penstock.api.experience import end_of
from penstock.cli.session import console, merchant_id_of, reckoning, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.drawing.pictures import ScorePictures
from penstock.experience.foresee.ahead import look_ahead, read_ahead
from penstock.experience.pictures.chances import chances_of
from penstock.experience.pictures.pictures import pictures_of
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import Misconfigured, NotFound


def draw_score(profile: Profile, file: Path, merchant: str | None, as_of: date | None) -> None:
    """Draw score, waterfall, lanes and open orders of a merchant (its code) into a file.

    Raises:
        Misconfigured: no merchant is named, the file's ending is none that can be drawn, or it
            cannot be written.
        NotFound: there is nothing to draw.

    """
    from penstock.drawing.page import FileKind, picture_file

    if merchant is None:
        raise Misconfigured("--plot draws one merchant: name it with --merchant CODE")
    kind = file.suffix.lower().removeprefix(".")
    if kind not in {"html", "svg", "png"}:
        raise Misconfigured(f"{file}: name a file that ends in .html, .svg or .png")
    if not file.absolute().parent.is_dir():
        raise Misconfigured(f"there is no folder {file.parent} for {file.name}: make it first.")
    pictures = asyncio.run(_gather(profile, merchant, as_of))
    try:
        drawn = picture_file(pictures, cast("FileKind", kind))
    except ValueError:
        nothing = f"{merchant} has no score, no delivery due and no open order: nothing to draw"
        raise NotFound(nothing) from None
    try:
        file.write_bytes(drawn)
    except OSError as error:
        raise Misconfigured(f"cannot write {file}: {error.strerror}") from error
    console.print(f"{file}: {len(drawn) / 1024:,.0f} KiB", highlight=False)


async def _gather(profile: Profile, code: str, day: date | None) -> ScorePictures:
    async with session() as opened:
        at = end_of(day, opened.now)
        merchant_id = await merchant_id_of(opened.database, code)

        chances: dict[int, float] = {}
        if day is None:  # what was foreseen on another day, nobody knows any more
            read = await opened.database.run(
                OPERATOR,
                lambda tx: read_ahead(tx, profile, merchant=merchant_id, now=at),
                snapshot=True,
            )
            # It reckons for long; a transaction that idles so long is ended by the database.
            with reckoning():
                chances = chances_of(look_ahead(read, profile, merchant=merchant_id, now=at))

        async def work(tx: Transaction) -> ScorePictures:
            return await pictures_of(
                tx, profile, merchant_id=merchant_id, merchant=code, as_of=at,
                known_to=opened.now, chances=chances,
            )  # fmt: skip

        return await opened.database.run(OPERATOR, work, snapshot=True)
