"""Whose accounts there are: the vocabulary of both legs of a transfer."""

import re

ACCOUNTS: dict[str, str] = {
    "merchant": "the merchant whose transfer it is",
    "platform": "who runs Penstock",
    "shopper": "the consignees, all together",
    "vendor:<code>": "a carrier, a broker, a returns processor or a node's operator",
    "duty:<jurisdiction>": "customs duty owed to a jurisdiction",
    "vat:<jurisdiction>": "value added or goods and services tax owed to a jurisdiction",
    "fees:<jurisdiction>": "what a jurisdiction charges for its handling",
}
"""A debit says who bears an amount, a credit to whom it is owed; a balance is debits − credits."""

_QUALIFIER = "[A-Za-z0-9._-]+"


def _pattern() -> str:
    plain = [name for name in ACCOUNTS if ":" not in name]
    qualified = [name.partition(":")[0] for name in ACCOUNTS if ":" in name]
    return f"^({'|'.join(plain)}|({'|'.join(qualified)}):{_QUALIFIER})$"


PATTERN = _pattern()
"""The same expression as the table's CHECK; a test compares them."""


def is_account(name: str) -> bool:
    """Tell whether `name` is of the vocabulary."""
    return re.fullmatch(PATTERN, name) is not None
