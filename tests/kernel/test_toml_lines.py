"""Each key and item of a TOML text has the line that it stands on, however values are folded."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from penstock.kernel.toml_lines import line_of, lines

VALUES = st.sampled_from(
    [
        "1", '"a [ # { text"', "[1, 2]", "[\n  1, # ] {\n  2,\n]", "{ a = 1 }",
        '"""long\n[not = 1\n"""', "'''\n'''", '""""""', "[\n [1],\n\n [2, 3]\n]",
        "[{ a = 1 },\n { a = '''\n''' }]", "2026-11-21", "[]", "[ # nothing\n]",
    ]
)  # fmt: skip


@given(st.lists(VALUES, max_size=12))
def test_every_key_is_on_its_own_line(values):
    rows, placed = ["[table]"], {}
    for number, value in enumerate(values):
        placed["table", f"k{number}"] = "\n".join(rows).count("\n") + 2
        rows.append(f"k{number} = {value}")
    text = "\n".join(rows) + "\n"
    tomllib.loads(text)
    found = lines(text)
    assert {path: found[path] for path in placed} == placed
    assert {path for path in found if len(path) == 2 and path[0] == "table"} == set(placed)


def test_items_of_a_folded_list_have_their_own_lines():
    found = lines("a = [\n  [1],\n\n  [2, 3], [4],\n]\nb = 1\n")
    assert [found["a", 0], found["a", 1], found["a", 2], found["b",]] == [2, 4, 4, 6]
    assert line_of(found, ("a", 2, 0)) == 4


def test_a_key_behind_thousands_of_others_is_found():
    many = "".join(f'"k{n}" = {{ event = "info" }}\n' for n in range(20_000))
    assert lines(f"[a.b]\n{many}")["a", "b", "k19999"] == 20_001
