"""An evidence pack: everything that is known is in it, in the same bytes each time."""

import csv
import io
import re
import zipfile
import zlib
from base64 import a85decode
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.experience.explain.evidence import Claim, Photo, gather
from penstock.experience.explain.evidence_files import archive, files
from penstock.experience.explain.evidence_pdf import pdf
from penstock.experience.explain.explain import Wanted
from penstock.experience.profiles.load import load
from penstock.kernel.errors import Invalid, NotFound

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LES = load("penstock_les")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def text_of(document):
    """The words of a PDF: its streams unpacked, its text operators read."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", document, re.DOTALL):
        data = stream.strip().removesuffix(b"~>")
        try:
            data = zlib.decompress(a85decode(data, adobe=data.startswith(b"<~")))
        except (ValueError, zlib.error):
            continue
        found += re.findall(rb"\((.*?)(?<!\\)\) Tj", data)
    return b" ".join(found).decode("latin-1").replace("\\(", "(").replace("\\)", ")")


async def world(make):
    """A live order that was handed over late, and one of an imported history."""
    merchant, node = await make.merchant(), await make.node()
    day = NOW - timedelta(days=12)
    for number, source in ((1, "live"), (2, "olist")):
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, source, order_ref,"
            " market, ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at,"
            " deliver_by_at, delivered_at) VALUES ($1, $2, $3, $4, 'US', $5, $5, $5, $6, $7, $8,"
            " $8)",
            merchant, number, source, f"=订单-{number}", day, day + timedelta(days=2),
            day + timedelta(days=3), day + timedelta(days=6),
        )  # fmt: skip
    await make.tx.fetch(
        "INSERT INTO warehouse.parcel VALUES ($1, 11, 1, 1, $2, 'US', 'S', 450, 'ann', $3)",
        merchant, node, day + timedelta(days=1),
    )  # fmt: skip
    await make.tx.fetch(
        "INSERT INTO shipping.label VALUES ($1, 11, 'swift', 'ground', 'TRACK-9', 500, 'USD', $2,"
        " $3, $4, 'M-7', $3)",
        merchant, day + timedelta(days=1), day + timedelta(days=2), day + timedelta(days=6),
    )  # fmt: skip
    await make.tx.fetch(
        "INSERT INTO shipping.manifest (manifest, vendor, node_id, pickup_at, number, parcels,"
        " prepared_at, vendor_reference, closed_at) VALUES ('M-7', 'swift', $1, $2, 1, 1, $2,"
        " 'SW-REF', $2)",
        node, day + timedelta(days=2),
    )  # fmt: skip
    for event, at, place in (("a", 3, "Dallas hub"), ("b", 40, "after the day")):
        await make.tx.fetch(
            "INSERT INTO tracking.event VALUES ('swift', $1, $2, 11, 'AR', 'scanned', '', '', $3,"
            " 'first scan', $4, '2026-11-11T06:00', 'vendor', $4)",
            event, merchant, place, day + timedelta(days=at),
        )  # fmt: skip
    return merchant


async def packed(tx, merchant, **changed):
    about = {"merchant": merchant, "as_of": NOW, "now": NOW} | changed
    return await gather(tx, LES, **about)


async def test_all_that_is_known_is_in_the_pack(tx, make):
    merchant = await world(make)
    pack = await packed(tx, merchant)
    claim = Claim(appeal_id=5, scenario="scanned late", statement="told", filed_at=NOW)
    photos = (
        Photo(title="the pallet", media_type="image/png", sha256="aa", content=PNG),
        Photo(title="broken", media_type="image/jpeg", sha256="bb", content=b"\xff\xd8\xffno"),
    )
    pack = msgspec.structs.replace(pack, claim=claim, photos=photos)
    assert len(pack.proofs) == 2
    written = files(pack)
    assert set(written) == {
        "evidence.pdf", "orders.csv", "parcels.csv", "events.csv", "photo-1.png", "photo-2.jpg",
    }  # fmt: skip
    words = text_of(written["evidence.pdf"])
    for said in ("merchant-1", "dispatched_in_time", "TRACK-9", "SW-REF", "Dallas hub",
                 "the pallet", "broken", "page 1 of", "scanned late"):  # fmt: skip
        assert said in words, said
    assert "after the day" not in words

    def rows(name):
        return list(csv.DictReader(io.StringIO(written[name].decode("utf-8-sig"))))

    assert {row["order"] for row in rows("orders.csv")} == {"'=订单-1", "'=订单-2"}
    assert sum(float(row["points"]) for row in rows("orders.csv")) == pytest.approx(
        float(pack.explained.shared)
    )
    (parcel,) = rows("parcels.csv")
    assert (parcel["manifest"], parcel["manifest_reference"]) == ("M-7", "SW-REF")
    (scan,) = rows("events.csv")
    assert (scan["source"], scan["place"]) == ("carrier swift", "Dallas hub")
    again = msgspec.structs.replace(await packed(tx, merchant), claim=claim, photos=photos)
    assert pdf(again) == written["evidence.pdf"]
    assert archive(again) == archive(pack)
    with zipfile.ZipFile(io.BytesIO(archive(pack))) as opened:
        assert opened.testzip() is None
        assert set(opened.namelist()) == set(written)


async def test_a_pack_of_nothing_wrong_and_of_nobody(tx, make):
    merchant = await world(make)
    none = await packed(tx, merchant, wanted=Wanted(metric="delivered_sound"))
    assert none.proofs == ()
    assert "No order failed a metric" in text_of(pdf(none))
    only = await packed(tx, merchant, only=[2])
    assert [proof.loss.clocks.fulfilment_order_id for proof in only.proofs] == [2]
    stranger = await make.merchant()
    assert (await packed(tx, merchant, only=[999])).proofs == ()
    with pytest.raises(NotFound):
        await packed(tx, stranger)
    with pytest.raises(Invalid):
        await packed(tx, merchant, wanted=Wanted(limit=201))
