"""Pack the evidence of one appeal: its orders, its words and the files handed in."""

from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.experience.appeals.add_file import files_of
from penstock.experience.appeals.show_appeals import show_appeals
from penstock.experience.appeals.terms import scenarios
from penstock.experience.explain.evidence import Claim, Pack, Photo, gather
from penstock.experience.explain.explain import Wanted
from penstock.experience.profiles.load import load
from penstock.kernel.errors import NotFound

_ORDERS_SHOWN = 200


async def pack_appeal(tx: Transaction, merchant_id: int, appeal_id: int, now: datetime) -> Pack:
    """Return the pack of an appeal, seen from when it was filed: what came later decides nothing.

    Of an appeal of more than 200 orders the pack has those that cost most.

    Raises:
        NotFound: no such appeal, or its profile does not come with Penstock.

    """
    found = await show_appeals(tx, now, merchant=merchant_id, appeal=appeal_id)
    if not found:
        raise NotFound(f"there is no appeal {appeal_id}")
    (appeal,) = found
    return await gather(
        tx,
        load(appeal.profile),
        merchant=merchant_id,
        as_of=appeal.filed_at,
        now=now,
        wanted=Wanted(limit=_ORDERS_SHOWN),
        only=[order.fulfilment_order_id for order in appeal.orders],
        claim=Claim(
            appeal_id=appeal_id,
            scenario=scenarios().get(appeal.scenario, appeal.scenario),
            statement=appeal.statement,
            filed_at=appeal.filed_at,
        ),
        photos=[
            Photo(title=f.title, media_type=f.media_type, sha256=f.sha256, content=f.content)
            for f in await files_of(tx, merchant_id=merchant_id, appeal_id=appeal_id)
        ],
    )
