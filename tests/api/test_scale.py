"""What autoscalers are told, and that what they are set up to read is what is told."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import yaml

from penstock.api.scale import Scale, gauges
from penstock.lifecycle.advance import create, new_ids
from penstock.worker.demand import Policy
from penstock.worker.pace import report_worker

DEPLOY = Path(__file__).parents[2] / "deploy"
PAGE = Path(__file__).parents[2] / "docs/how-to/scale-out.md"


async def wait_for_labels(make, at, count):
    merchant_id = await make.merchant()
    await create(
        make.tx, kind="parcel", merchant_ids=[merchant_id] * count,
        subject_ids=await new_ids(make.tx, count=count, at=at), events=["packed"] * count,
        due_at=[None] * count, at=at,
    )  # fmt: skip
    return merchant_id


async def told(api):
    answer = await api.client.get("/v1/scale", headers=await api.key())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def metrics(api):
    answer = await api.client.get("/metrics", headers=await api.key())
    assert answer.status_code == 200, answer.text
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


async def test_at_rest_one_of_each_is_wanted(api):
    assert await told(api) == {
        "workers_wanted": 1, "workers_because": "0 due, 0.0/s arriving",
        "api_wanted": 1, "api_because": "0 orders a minute received",
        "workers": 0, "busy_share": 0.0, "backlog": 0, "oldest_s": 0.0, "moves_per_s": None,
        "orders_received_per_minute": 0.0, "orders_expected_per_minute": 0.0,
    }  # fmt: skip


async def test_a_backlog_wants_workers_and_both_say_the_same(api):
    await api.made(lambda make: wait_for_labels(make, api.clock.at - timedelta(minutes=9), 24_000))
    await api.made(
        lambda make: report_worker(make.tx, worker_id=1, busy_s=1.0, seen_at=api.clock.at)
    )
    scale, samples = await told(api), await metrics(api)
    assert scale["workers_wanted"] == 6, "24,000 / (100/s · 60 s) = 4, and √4 on top"
    assert (scale["backlog"], scale["oldest_s"], scale["workers"]) == (24_000, 540.0, 1)
    assert float(samples["penstock_workers_wanted"]) == 6
    assert float(samples["penstock_due_oldest_seconds"]) == 540
    known = gauges(msgspec.convert(scale, Scale))
    assert {name for name, _, value in known if value is not None} <= samples.keys()
    assert "penstock_worker_moves_per_second" not in samples, "nothing was measured yet"


async def test_a_scheduled_stream_raises_what_is_wanted_before_it_starts(api):
    async def schedule(make):
        merchant_id = await make.merchant()
        starts_at = api.clock.at + timedelta(hours=1)
        await make.tx.fetch(
            "INSERT INTO streams.stream (merchant_id, code, title, host, country, starts_at,"
            " ends_at, expected_orders) VALUES ($1, 's', 'S', 'H', 'US', $2, $3, 500000)",
            merchant_id, starts_at, starts_at + timedelta(hours=2),
        )  # fmt: skip
        return starts_at

    starts_at = await api.made(schedule)
    assert (await told(api))["workers_wanted"] == 1
    api.clock.at = starts_at - Policy().lead / 2
    scale = await told(api)
    assert scale["orders_expected_per_minute"] > 1_000
    assert scale["workers_wanted"] > 1
    assert scale["workers_because"].endswith("orders a minute expected")
    assert scale["orders_received_per_minute"] == 0


def documents(name):
    return [d for d in yaml.safe_load_all((DEPLOY / name).read_text("utf-8")) if d]


def test_keda_asks_for_what_is_served():
    scaled = [d for d in documents("kubernetes/keda.yaml") if d["kind"] == "ScaledObject"]
    assert {d["spec"]["scaleTargetRef"]["name"] for d in scaled} == {
        "penstock-api", "penstock-worker",
    }  # fmt: skip
    asked = {}
    for document in scaled:
        trigger = document["spec"]["triggers"][0]
        assert trigger["type"] == "metrics-api"
        assert trigger["metricType"] == "AverageValue"
        assert trigger["metadata"]["targetValue"] == "1", "the answer is a number of replicas"
        assert trigger["metadata"]["url"].endswith("/v1/scale")
        asked[document["metadata"]["name"]] = trigger["metadata"]["valueLocation"]
    assert asked == {"penstock-worker": "workers_wanted", "penstock-api": "api_wanted"}
    assert set(asked.values()) <= set(Scale.__struct_fields__)


def test_secrets_and_authentications_that_are_named_are_there():
    found = documents("kubernetes/keda.yaml")
    names = {(d["kind"], d["metadata"]["name"]) for d in found}
    for document in found:
        for trigger in document.get("spec", {}).get("triggers", []):
            if "authenticationRef" in trigger:
                assert ("TriggerAuthentication", trigger["authenticationRef"]["name"]) in names
        for reference in document.get("spec", {}).get("secretTargetRef", []):
            assert ("Secret", reference["name"]) in names


async def test_hpa_and_the_adapter_read_what_is_exposed(api):
    exposed = (await metrics(api)).keys()
    read = {
        metric["external"]["metric"]["name"]
        for document in documents("kubernetes/hpa.yaml")
        for metric in document["spec"]["metrics"]
        if metric["type"] == "External"
    }
    (adapter,) = documents("kubernetes/prometheus-adapter.yaml")
    provided = {rule["name"]["as"] for rule in adapter["rules"]["external"]}
    assert read == provided == {"penstock_workers_wanted", "penstock_api_wanted"}
    assert read <= exposed
    for rule in adapter["rules"]["external"]:
        assert rule["metricsQuery"] == f"max({rule['seriesQuery']})"


def test_prometheus_scrapes_where_metrics_are():
    (scrape,) = documents("prometheus.yml")[0]["scrape_configs"]
    assert scrape["metrics_path"] == "/metrics"


@pytest.mark.parametrize("field", msgspec.structs.fields(Scale), ids=lambda f: f.name)
def test_every_field_is_on_the_page(field):
    assert f"`{field.name}`" in PAGE.read_text("utf-8")


def test_every_metric_of_the_page_is_exposed():
    scale = Scale(**dict.fromkeys(Scale.__struct_fields__, 1))
    told = set(re.findall(r"`(penstock_\w+)`", PAGE.read_text("utf-8")))
    assert {name for name, _, _ in gauges(scale)} <= told
