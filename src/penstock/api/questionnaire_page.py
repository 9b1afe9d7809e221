"""The questionnaire as a page: one plain form, nothing loaded from anywhere."""

from html import escape

from litestar import Response

from penstock.experience.drivers.questionnaire import Audience, Item, Questionnaire, Scale

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""The link is a secret: it is not kept, passed on or indexed, and nothing runs on the page."""
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
fieldset{border:0;border-top:1px solid #8886;margin:0;padding:.8rem 0}
legend{padding:0;font-weight:600}
.row{display:flex;flex-wrap:wrap;gap:.2rem;align-items:center;margin-top:.4rem}
.row span{font-size:.85rem;opacity:.75}
label{display:inline-flex;flex-direction:column;align-items:center;min-width:2.4rem;cursor:pointer}
input{width:1.2rem;height:1.2rem}
button{font:inherit;padding:.6rem 1.6rem;margin-top:1rem}
"""


def form(asked: Questionnaire, audience: Audience, merchant: str) -> str:
    """Return the form of one audience; `merchant` is whose service it is about."""
    introduction = next(one.introduction for one in asked.audience if one.code == audience)
    about = f" Your order was from {merchant}." if audience == "shopper" else ""
    items = "".join(
        _question(item, asked.scale, number)
        for number, item in enumerate(asked.items(audience), start=1)
    )
    scale = asked.scale
    ends = f"{scale.low}: {scale.low_label}, {scale.high}: {scale.high_label}."
    return _page(
        "How was it?",
        f"<p>{escape(introduction + about)} How true is each sentence? {escape(ends)} Leave out"
        f" what you cannot say. It takes about four minutes.</p><form method=post>{items}"
        "<button>Send</button></form>",
    )


def said(title: str, detail: str) -> str:
    """Return a page that says one thing."""
    return _page(title, f"<p>{escape(detail)}</p>")


def shown(page: str, status_code: int = 200) -> Response[str]:
    """Answer with a page."""
    return Response(page, status_code=status_code, media_type="text/html", headers=HEADERS)


def _question(item: Item, scale: Scale, number: int) -> str:
    choices = "".join(
        f'<label>{value}<input type=radio name="{escape(item.code)}" value={value}></label>'
        for value in range(scale.low, scale.high + 1)
    )
    return (
        f"<fieldset><legend>{number}. {escape(item.text)}</legend><div class=row>"
        f"<span>{escape(scale.low_label)}</span>{choices}<span>{escape(scale.high_label)}</span>"
        "</div></fieldset>"
    )


def _page(title: str, body: str) -> str:
    return (
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
