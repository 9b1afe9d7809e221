"""The demo refuses what it cannot play before it begins; plays are tested as simulations."""


def test_a_demo_that_makes_no_sense_is_one_line(typed):
    for wrong, told in {
        "--scale 0": "above 0",
        "--days -1": "above 0",
        "--report nowhere/report.html": "no folder nowhere",
    }.items():
        ran = typed(f"demo {wrong}")
        assert ran.code == 2
        assert told in ran.err
        assert ran.err.count("\n") == 1
