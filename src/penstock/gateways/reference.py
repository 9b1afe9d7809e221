"""The text by which a vendor knows an effect of ours: its idempotency key."""

from urllib.parse import quote


def reference(*parts: str | int) -> str:
    """Join natural keys into one text, so that a crash and a retry name the same effect.

    Parts are percent-encoded (RFC 3986, all but unreserved characters) and joined by "/": plain
    ASCII for any vendor, and two different lists of parts never give the same text.
    """
    return "/".join(quote(str(part), safe="") for part in parts)
