"""Deliveries with their stars from the public Olist history (Brazil, 2016-2018).

The columns are read as in `penstock.experience.journeys.olist`; here an order is one delivery,
whoever sold its items, because the shopper writes one review.

Source: kaggle.com/datasets/olistbr/brazilian-ecommerce, CC BY-NC-SA 4.0 (not for commercial use).
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, TextIO

from penstock.experience.drivers.delivery import Delivery, Place
from penstock.experience.journeys.olist_files import (
    CUSTOMERS,
    ITEMS,
    ORDERS,
    REVIEWS,
    Row,
    minor_of,
    utc,
)
from penstock.kernel.errors import Invalid, NotFound

PRODUCTS = "olist_products_dataset.csv"
SELLERS = "olist_sellers_dataset.csv"
PAYMENTS = "olist_order_payments_dataset.csv"
PLACES = "olist_geolocation_dataset.csv"
_COLUMNS: dict[str, tuple[str, ...]] = {
    ORDERS: (
        *("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
        *("order_approved_at", "order_delivered_carrier_date"),
        *("order_delivered_customer_date", "order_estimated_delivery_date"),
    ),
    ITEMS: (
        *("order_id", "product_id", "seller_id", "shipping_limit_date", "price"),
        "freight_value",
    ),
    REVIEWS: ("order_id", "review_score", "review_answer_timestamp"),
    CUSTOMERS: (
        *("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_state"),
    ),
    PRODUCTS: ("product_id", "product_category_name", "product_weight_g", "product_photos_qty"),
    SELLERS: ("seller_id", "seller_zip_code_prefix", "seller_state"),
    PAYMENTS: (
        *("order_id", "payment_sequential", "payment_type", "payment_installments"),
        "payment_value",
    ),
    PLACES: ("geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng"),
}
Grouped = dict[str, list[Row]]


def read_deliveries(folder: Path) -> tuple[list[Delivery], int]:
    """Return the delivered orders, and how many could not be read.

    Geolocation may be absent, or compressed (`.csv.gz`).

    Raises:
        NotFound: a file is missing.
        Invalid: a file is not what its name says.

    """
    customers = {row["customer_id"]: row for row in _rows(folder, CUSTOMERS)}
    sellers = {row["seller_id"]: row for row in _rows(folder, SELLERS)}
    products = {row["product_id"]: row for row in _rows(folder, PRODUCTS)}
    items, payments = _grouped(folder, ITEMS), _grouped(folder, PAYMENTS)
    reviews, places = _grouped(folder, REVIEWS), _places(folder)
    found, unread = [], 0
    for row in _rows(folder, ORDERS):
        if row["order_status"] != "delivered" or not row["order_delivered_customer_date"]:
            continue
        try:
            order_id = row["order_id"]
            lines = sorted(items[order_id], key=lambda line: -float(line["price"]))
            customer, seller = customers[row["customer_id"]], sellers[lines[0]["seller_id"]]
            found.append(
                Delivery(
                    order_ref=order_id,
                    shopper=customer["customer_unique_id"],
                    **_clocks(row, lines),
                    **_contents(lines, products),
                    **_paid(payments.get(order_id, [])),
                    origin=places.get(seller["seller_zip_code_prefix"].lstrip("0")),
                    destination=places.get(customer["customer_zip_code_prefix"].lstrip("0")),
                    same_region=seller["seller_state"] == customer["customer_state"],
                    **_last_review(reviews.get(order_id, [])),
                )
            )
        except (KeyError, IndexError, ValueError):
            unread += 1
    return found, unread


def _rows(folder: Path, file: str) -> Iterator[Row]:
    try:
        with _opened(folder, file) as text:
            reader = csv.DictReader(text)
            if lacking := sorted(set(_COLUMNS[file]) - set(reader.fieldnames or ())):
                raise Invalid(f"{file}: no column {', '.join(lacking)}; is this the Olist data?")
            yield from (row for row in reader if None not in row and None not in row.values())
    except OSError as error:
        raise NotFound(f"cannot read {folder / file}: {error.strerror or error}") from error
    except csv.Error as error:
        raise Invalid(f"{file}: {error}") from error


def _opened(folder: Path, file: str) -> TextIO:
    packed = folder / f"{file}.gz"
    if packed.exists() and not (folder / file).exists():
        return gzip.open(packed, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return (folder / file).open(encoding="utf-8-sig", errors="replace", newline="")


def _grouped(folder: Path, file: str) -> Grouped:
    found: Grouped = defaultdict(list)
    for row in _rows(folder, file):
        found[row["order_id"]].append(row)
    return found


def _places(folder: Path) -> dict[str, Place]:
    """Map each postcode prefix to the middle of its points, which a few wild ones do not move."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    try:
        for row in _rows(folder, PLACES):
            points[row["geolocation_zip_code_prefix"].lstrip("0")].append(
                (float(row["geolocation_lat"]), float(row["geolocation_lng"]))
            )
    except NotFound:
        return {}
    except ValueError as error:
        raise Invalid(f"{PLACES}: {error}") from error
    return {
        prefix: Place(median(p[0] for p in some), median(p[1] for p in some))
        for prefix, some in points.items()
    }


def _clocks(row: Row, lines: list[Row]) -> dict[str, Any]:
    dispatch_by = sorted(utc(line["shipping_limit_date"]) for line in lines)
    return {
        "ordered_at": utc(row["order_purchase_timestamp"]),
        "paid_at": utc(row["order_approved_at"]) if row["order_approved_at"] else None,
        "handed_over_at": (
            utc(row["order_delivered_carrier_date"])
            if row["order_delivered_carrier_date"]
            else None
        ),
        "delivered_at": utc(row["order_delivered_customer_date"]),
        "first_dispatch_by_at": dispatch_by[0],
        "dispatch_by_at": dispatch_by[-1],
        "deliver_by_at": utc(row["order_estimated_delivery_date"]),
    }


def _contents(lines: list[Row], products: dict[str, Row]) -> dict[str, Any]:
    goods = [products.get(line["product_id"], {}) for line in lines]
    sizes = ("product_length_cm", "product_height_cm", "product_width_cm")
    volumes = [_product([_number(one, size) for size in sizes]) for one in goods]
    return {
        "merchant": lines[0]["seller_id"],
        "sku": lines[0]["product_id"],
        "units": len(lines),
        "skus": len({line["product_id"] for line in lines}),
        "merchants": len({line["seller_id"] for line in lines}),
        "categories": len({one.get("product_category_name", "") for one in goods}),
        "price_minor": sum(minor_of(line, "price") for line in lines),
        "dearest_minor": minor_of(lines[0], "price"),
        "freight_minor": sum(minor_of(line, "freight_value") for line in lines),
        "weight_g": _total([_number(one, "product_weight_g") for one in goods]),
        "volume_cm3": _total(volumes),
        "photos": _least([_number(one, "product_photos_qty") for one in goods]),
        # The source's own spelling.
        "title_characters": _number(goods[0], "product_name_lenght"),
        "description_characters": _least(
            [_number(one, "product_description_lenght") for one in goods]
        ),
    }


def _paid(payments: list[Row]) -> dict[str, Any]:
    if not payments:
        return {}
    first = min(payments, key=lambda row: int(row["payment_sequential"]))
    return {
        "paid_minor": sum(minor_of(row, "payment_value") for row in payments),
        "instalments": max(int(row["payment_installments"]) for row in payments),
        "payments": len(payments),
        "method": first["payment_type"],
    }


def _last_review(reviews: list[Row]) -> dict[str, Any]:
    """Take the review answered last, as scores do."""
    if not reviews:
        return {}
    last = max(reviews, key=lambda row: row["review_answer_timestamp"])
    return {
        "stars": int(last["review_score"]),
        "reviewed_at": utc(last["review_answer_timestamp"]),
    }


def _number(row: Row, column: str) -> float | None:
    text = row.get(column, "")
    return float(text) if text else None


def _product(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return known[0] * known[1] * known[2] if len(known) == 3 else None


def _total(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _least(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return min(known, default=None)
