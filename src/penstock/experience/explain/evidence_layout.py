"""What an evidence pack is set in: its styles, pages, tables and pictures."""

from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Table, TableStyle

_WIDTH: Final = A4[0] - 36 * mm
_INK, _GREY, _RULE = (
    colors.HexColor("#1a1a1a"),
    colors.HexColor("#5f6368"),
    colors.HexColor("#c8ccd0"),
)
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12, textColor=_INK)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=8, leading=10)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold")
SMALL = ParagraphStyle("small", parent=BODY, fontSize=7.5, leading=10, textColor=_GREY)
TITLE = ParagraphStyle("title", parent=BODY, fontName="Helvetica-Bold", fontSize=16, leading=20)
H2 = ParagraphStyle(
    "h2",
    parent=BODY,
    fontName="Helvetica-Bold",
    fontSize=11,
    leading=14,
    spaceBefore=8,
    spaceAfter=3,
)
_CJK: Final = "STSong-Light"
_LINES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)
_GRID = TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK)], parent=_LINES)


def document(parts: Iterable[Flowable], title: str) -> bytes:
    """Return the parts as a PDF on A4; the same parts make the same bytes.

    They are made here, one by one: a text can be set only once its faces are registered.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(_CJK))
    out = BytesIO()
    laid_out = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=title,
        author="Penstock",
        invariant=1,  # no time of making and no random id in the file itself
    )
    laid_out.build(list(parts), canvasmaker=_Numbered)
    return out.getvalue()


class _Numbered(Canvas):  # type: ignore[misc]  # the library has no types
    """A canvas that writes "page n of m", which is known once all pages are there."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  the library's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self.setFont("Helvetica", 7.5)
            self.setFillColor(_GREY)
            self.drawString(
                18 * mm, 10 * mm, "All times in UTC. Made by Penstock from its records."
            )
            self.drawRightString(A4[0] - 20 * mm, 10 * mm, f"page {number} of {len(self._kept)}")
            super().showPage()
        super().save()


def picture(content: bytes) -> Flowable | None:
    """Fit a photograph into half a page; one that cannot be read stays a line with its digest."""
    try:
        image = Image(BytesIO(content))
    except Exception:  # noqa: BLE001  whatever a broken picture makes its decoder raise
        return None
    scale = min(_WIDTH / image.imageWidth, 110 * mm / image.imageHeight, 1)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    image.hAlign = "LEFT"
    return image


def table(
    head: Sequence[str] | None, rows: Sequence[Sequence[str]], widths_mm: Sequence[float]
) -> Table:
    """Set rows under a head; without one the first cell of a row is its label."""
    body = [[text(cell, CELL) for cell in row] for row in rows]
    if head is None:
        for row in body:
            row[0].style = SMALL
        return Table(body, [w * mm for w in widths_mm], style=_LINES, hAlign="LEFT", spaceAfter=4)
    cells = [[text(cell, HEAD) for cell in head], *body]
    return Table(cells, [w * mm for w in widths_mm], style=_GRID, repeatRows=1, hAlign="LEFT",
                 spaceAfter=4)  # fmt: skip


def text(text: str, style: ParagraphStyle) -> Paragraph:
    """Set a text in the document's own face; Chinese and Japanese runs in one that has them."""
    if _latin(text):
        return Paragraph(escape(text).replace("\n", "<br/>"), style)
    runs = groupby(text, key=lambda letter: not _latin(letter))
    marked = "".join(
        f'<font name="{_CJK}">{escape(part)}</font>' if wide else escape(part)
        for wide, part in ((wide, "".join(letters)) for wide, letters in runs)
    )
    return Paragraph(marked.replace("\n", "<br/>"), style)


def _latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
