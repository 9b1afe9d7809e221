"""The sandbox's wire: what is known is told, what is not known is never made up."""

import json

import httpx
import pytest

from penstock.gateways.port import Request, Vendor
from penstock.gateways.sandbox import ANSWER_MAX_BYTES, SandboxGateway

VENDOR = Vendor("swift", "sandbox", "http://vendor.test/swift")


def requests(count):
    return [
        Request(f"r{i}", json.dumps({"reference": f"r{i}", "n": i}).encode()) for i in range(count)
    ]


def answers(items):
    return [{"reference": i["reference"], "state": "done", "body": {"n": i["n"]}} for i in items]


async def exchange(handler, work):
    transport = httpx.MockTransport(handler)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        return await work(SandboxGateway(client))


async def sent(handler, count=3):
    return await exchange(handler, lambda g: g.send(VENDOR, "labels", requests(count)))


async def test_items_go_as_an_array_and_come_back_by_reference():
    seen = []

    def vendor(request):
        seen.append((request.method, str(request.url), json.loads(request.content)))
        return httpx.Response(200, json=answers(json.loads(request.content))[::-1])

    outcomes = await sent(vendor)
    assert seen == [
        ("POST", "http://vendor.test/swift/labels",
         [{"reference": f"r{i}", "n": i} for i in range(3)]),
    ]  # fmt: skip
    assert [(o.reference, o.state, json.loads(o.body)) for o in outcomes] == [
        (f"r{i}", "done", {"n": i}) for i in range(3)
    ]


async def test_two_hundred_a_request():
    sizes = []

    def vendor(request):
        items = json.loads(request.content)
        sizes.append(len(items))
        return httpx.Response(200, json=answers(items))

    outcomes = await sent(vendor, 450)
    assert sizes == [200, 200, 50]
    assert [o.reference for o in outcomes] == [f"r{i}" for i in range(450)]


async def test_find_asks_by_reference():
    def vendor(request):
        assert request.url.path == "/swift/labels:find"
        known = {"r1": "done", "r2": "refused", "r3": "absent"}
        return httpx.Response(
            200,
            json=[
                {"reference": r, "state": known[r], "detail": "x"}
                for r in json.loads(request.content)
                if r in known
            ],
        )

    found = await exchange(vendor, lambda g: g.find(VENDOR, "labels", ["r1", "r2", "r3", "r4"]))
    assert [o.state for o in found] == ["done", "refused", "absent", "unknown"]


def fails(error):
    def vendor(request):
        raise error

    return vendor


@pytest.mark.parametrize(
    "vendor",
    [
        fails(httpx.ConnectError("no")),
        fails(httpx.ReadTimeout("slow")),
        fails(httpx.RemoteProtocolError("cut")),
        lambda _: httpx.Response(503, text="busy"),
        lambda _: httpx.Response(429),
        lambda _: httpx.Response(401),
        lambda _: httpx.Response(404),
        lambda _: httpx.Response(204),
        lambda _: httpx.Response(302, headers={"location": "http://elsewhere.test/"}),
        lambda _: httpx.Response(200, content=b"["),
        lambda _: httpx.Response(200, content=b"\xff\xfe"),
        lambda _: httpx.Response(200, content=b"[" * 200_000),
        lambda _: httpx.Response(200, json={"outcomes": []}),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(200, json=[{"reference": "other", "state": "done"}]),
        lambda _: httpx.Response(200, json=[{"reference": "r0", "state": "perhaps"}]),
        lambda _: httpx.Response(200, json=[{"reference": "r0", "state": "absent"}]),
        lambda _: httpx.Response(200, content=b" " * (ANSWER_MAX_BYTES + 1)),
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"junk"),
    ],
)
async def test_what_tells_nothing_leaves_it_unknown(vendor):
    assert [o.state for o in await sent(vendor)] == ["unknown"] * 3


async def test_an_endpoint_that_is_no_address_leaves_it_unknown():
    nowhere = Vendor("swift", "sandbox", "http://[")
    outcomes = await exchange(
        lambda _: httpx.Response(200), lambda g: g.send(nowhere, "labels", requests(1))
    )
    assert outcomes[0].state == "unknown"


@pytest.mark.parametrize("status", [400, 409, 413, 422])
async def test_a_refused_request_is_halved_until_the_item_at_fault_is_alone(status):
    asked = []

    def vendor(request):
        items = json.loads(request.content)
        asked.append(len(items))
        if any(item["n"] == 37 for item in items):
            return httpx.Response(status, text="37 is odd")
        return httpx.Response(200, json=answers(items))

    outcomes = await sent(vendor, 200)
    assert [o.reference for o in outcomes if o.state == "refused"] == ["r37"]
    assert sum(o.state == "done" for o in outcomes) == 199
    assert "37 is odd" in outcomes[37].detail
    assert len(asked) < 20


async def test_a_nul_in_a_vendors_words_is_replaced():
    def vendor(_):
        return httpx.Response(
            200, content=b'[{"reference": "r0", "state": "refused", "detail": "a\\u0000b"}]'
        )

    (outcome,) = await sent(vendor, 1)
    assert outcome.detail == "a\ufffdb"
