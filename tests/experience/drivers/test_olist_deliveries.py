"""Olist's tables folded into deliveries; the rows here are made up."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.experience.drivers.delivery import Place
from penstock.experience.drivers.olist_deliveries import read_deliveries
from penstock.kernel.errors import Invalid, NotFound

FILES = {
    "olist_orders_dataset.csv": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,"
        "order_estimated_delivery_date\n"
        "o1,c1,delivered,2018-05-01 10:00:00,2018-05-01 11:00:00,2018-05-03 10:00:00,"
        "2018-05-07 10:00:00,2018-05-10 00:00:00\n"
        "o2,c2,canceled,2018-05-01 10:00:00,,,,2018-05-10 00:00:00\n"
        "o3,c2,delivered,2018-05-01 10:00:00,,,2018-05-12 00:00:00,2018-05-10 00:00:00\n"
        "o4,c2,delivered,2018-05-01 10:00:00,,,2018-05-12 00:00:00,2018-05-10 00:00:00\n"
    ),
    "olist_order_items_dataset.csv": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "o1,1,p1,s1,2018-05-04 10:00:00,10.00,5.00\n"
        "o1,2,p2,s2,2018-05-06 10:00:00,25.50,6.25\n"
        "o3,1,p9,s1,2018-05-04 10:00:00,7.00,1.00\n"
    ),
    "olist_order_reviews_dataset.csv": (
        "review_id,order_id,review_score,review_answer_timestamp\n"
        "r1,o1,2,2018-05-09 10:00:00\n"
        "r2,o1,5,2018-05-08 10:00:00\n"
    ),
    "olist_customers_dataset.csv": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_state\n"
        "c1,u1,01001,SP\n"
        "c2,u2,20000,RJ\n"
    ),
    "olist_products_dataset.csv": (
        "product_id,product_category_name,product_name_lenght,product_description_lenght,"
        "product_photos_qty,product_weight_g,product_length_cm,product_height_cm,"
        "product_width_cm\n"
        "p1,toys,40,700,3,200,10,10,10\n"
        "p2,books,50,600,1,300,20,10,10\n"
        "p9,,,,,,,,\n"
    ),
    "olist_sellers_dataset.csv": (
        "seller_id,seller_zip_code_prefix,seller_state\ns1,01001,SP\ns2,20000,RJ\n"
    ),
    "olist_order_payments_dataset.csv": (
        "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"
        "o1,2,credit_card,3,40.00\n"
        "o1,1,voucher,1,6.75\n"
    ),
}
PLACES = (
    "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng\n"
    "1001,-23.0,-46.0\n1001,-24.0,-47.0\n1001,10.0,10.0\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    with gzip.open(tmp_path / "olist_geolocation_dataset.csv.gz", "wt") as packed:
        packed.write(PLACES)
    return tmp_path


def test_an_order_of_two_sellers_is_one_delivery(folder):
    (first, _), unread = read_deliveries(folder)
    assert unread == 1, "o4 has no items"
    assert (first.order_ref, first.shopper, first.merchant, first.sku) == ("o1", "u1", "s2", "p2")
    assert (first.units, first.skus, first.merchants, first.categories) == (2, 2, 2, 2)
    assert (first.price_minor, first.dearest_minor, first.freight_minor) == (3550, 2550, 1125)
    assert (first.weight_g, first.volume_cm3, first.photos) == (500, 3000, 1)
    assert (first.title_characters, first.description_characters) == (50, 600)
    assert (first.paid_minor, first.instalments, first.payments) == (4675, 3, 2)
    assert first.method == "voucher"
    assert first.first_dispatch_by_at == datetime(2018, 5, 4, 13, tzinfo=UTC)
    assert first.dispatch_by_at == datetime(2018, 5, 6, 13, tzinfo=UTC)
    assert first.delay_days == pytest.approx(-3 + 10 / 24)
    assert (first.origin, first.destination) == (None, Place(-23.0, -46.0))
    assert not first.same_region
    assert first.stars == 2, "of two reviews the one answered last"


def test_what_the_source_leaves_out_is_none(folder):
    (_, bare), _ = read_deliveries(folder)
    assert (bare.paid_at, bare.handed_over_at, bare.weight_g, bare.volume_cm3) == (None,) * 4
    assert (bare.photos, bare.paid_minor, bare.stars, bare.reviewed_at) == (None,) * 4


def test_without_geolocation_there_are_no_places(folder):
    (folder / "olist_geolocation_dataset.csv.gz").unlink()
    deliveries, _ = read_deliveries(folder)
    assert {d.destination for d in deliveries} == {None}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_and_another_file_are_told(folder, name):
    (folder / name).write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(Invalid, match=f"{name}: no column"):
        read_deliveries(folder)
    (folder / name).unlink()
    with pytest.raises(NotFound, match=name):
        read_deliveries(folder)


def test_unreadable_orders_are_counted(folder):
    orders = folder / "olist_orders_dataset.csv"
    orders.write_text(orders.read_text("utf-8").replace("2018-05-07", "2018-05-77"), "utf-8")
    deliveries, unread = read_deliveries(folder)
    assert ([d.order_ref for d in deliveries], unread) == (["o3"], 2)
