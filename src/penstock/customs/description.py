"""Whether a description of goods describes any goods."""

import re
from typing import Final

_WORDS: Final = re.compile(r"[a-z]+")

VAGUE: Final = frozenset(
    {
        "accessories", "accessory", "and", "apparel", "appliance", "appliances", "article",
        "articles", "assorted", "bag", "bags", "birthday", "box", "boxes", "cargo", "case",
        "clothes", "clothing", "commodity", "component", "components", "consolidated",
        "courier", "daily", "decoration", "decorations", "electronic", "electronics",
        "equipment", "express", "food", "foodstuff", "footwear", "for", "free", "freight",
        "garment", "garments", "general", "gift", "gifts", "good", "goods", "household", "item",
        "items", "kinds", "live", "livestream", "mail", "material", "materials", "merchandise",
        "misc", "miscellaneous", "mixed", "new", "none", "of", "ordered", "other", "others",
        "package", "parcel", "parcels", "part", "parts", "personal", "present", "product",
        "products", "promotional", "sample", "samples", "set", "sets", "stuff", "supplies",
        "thing", "things", "tool", "tools", "toy", "toys", "unknown", "various",
    }
)  # fmt: skip
"""Words that describe nothing when no other word stands beside them.

After the kind of term that the EU's ICS2 refuses as a goods description (Delegated Regulation (EU)
2015/2446, annex B, data element 18 05); the Commission's own list is longer and changes.
"""


def is_vague(description: str) -> bool:
    """Tell a description that names no goods: nothing is left of it without the vague words.

    Words are counted in Latin letters of three or more, which is what the borders we know read.
    """
    words = _WORDS.findall(description.lower())
    return not any(len(word) > 2 and word not in VAGUE for word in words)
