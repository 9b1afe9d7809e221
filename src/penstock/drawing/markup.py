"""HTML that cannot be injected: text is escaped unless this module made it."""

from collections.abc import Iterable, Sequence
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Iterable["Content"] | None
_VOID = frozenset({"meta", "br", "hr"})


def render(content: Content) -> Markup:
    """Escape what is text, keep what is markup, join what is many."""
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(content))
    return Markup("".join(render(part) for part in content))


def tag(name: str, /, *content: Content, **attributes: str) -> Markup:
    """Return an element; `class_` and `aria_label` become class and aria-label."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    opened = f"<{name}{given}>"
    return Markup(opened if name in _VOID else f"{opened}{render(content)}</{name}>")


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Content]],
    *,
    numbers: Iterable[int] = (),
    class_: str = "",
) -> Markup:
    """Return a table whose columns `numbers` are set flush right; it scrolls where it must."""
    right = frozenset(numbers)

    def cells(kind: str, row: Sequence[Content]) -> Markup:
        return tag(
            "tr",
            (
                tag(kind, cell, class_="n") if i in right else tag(kind, cell)
                for i, cell in enumerate(row)
            ),
        )

    body = tag("tbody", (cells("td", row) for row in rows))
    return tag(
        "div",
        tag("table", tag("thead", cells("th", head)), body, class_=class_),
        class_="scroll",
    )


def bar(share: float, colour: str, text: str) -> Markup:
    """Return a number with a bar beside it, as long as its share of one."""
    width = f"width:{100 * min(max(share, 0.0), 1.0):.1f}%;background:{colour}"
    return tag(
        "span",
        tag("span", tag("span", style=width), class_="track", aria_hidden="true"),
        tag("span", text, class_="amount"),
        class_="bar",
    )


def dot(colour: str, *, dashed: bool = False) -> Markup:
    """Return the mark by which a legend or a table names a colour."""
    style = f"border-color:{colour}" if dashed else f"border-color:{colour};background:{colour}"
    return tag("span", class_="dot dashed" if dashed else "dot", style=style, aria_hidden="true")
