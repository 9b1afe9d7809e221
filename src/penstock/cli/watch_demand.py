"""Look at what is asked of workers and the API, and tell the supervisor how many are wanted."""

import asyncio
from functools import partial

from penstock import journey
from penstock.app import clock_of, database_of
from penstock.cli.session import console
from penstock.cli.supervise import Supervisor
from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.errors import Unavailable
from penstock.settings import Settings
from penstock.worker.demand import Policy, Wanted, replicas

LOOK_EVERY_S = 2.0


async def watch_demand(settings: Settings, policy: Policy, supervisor: Supervisor) -> None:
    """Scale `supervisor` by need until cancelled.

    Where the database does not answer, everything stays as it is: that is no sign of less to do.
    """
    clock, recent, blind = clock_of(settings), list[Wanted](), False
    async with (
        database_of(settings) as url,
        await Database.open(url, connections_max=1) as database,
    ):
        while True:
            now = clock.now()
            read = partial(journey.scale_signal, now=now, lead=policy.lead)
            try:
                signal = await database.run(OPERATOR, read)
                blind = False
            except Unavailable as refusal:
                if not blind:
                    console.print(f"cannot look at what is wanted: {refusal}")
                blind = True
            else:
                wanted = replicas(signal, policy, recent)
                recent = [w for w in recent if w.at > now - policy.hold] + [wanted]
                supervisor.scale("api", wanted.api, wanted.api_because)
                supervisor.scale("worker", wanted.workers, wanted.workers_because)
            await asyncio.sleep(LOOK_EVERY_S)
