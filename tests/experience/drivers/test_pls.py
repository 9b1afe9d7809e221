"""PLS path models against R's figures where they are here, and always against a second path."""

import csv
import math
import os
from pathlib import Path

import pytest

from penstock.experience.drivers.path_model import Block, PathModel
from penstock.experience.drivers.pls import Fit, estimate
from penstock.experience.drivers.pls_bootstrap import bootstrap
from penstock.kernel.errors import Invalid

np = pytest.importorskip("numpy", reason="driver analysis needs the extra 'analysis'")
SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[3] / "../shared")
ORACLE = SHARED / "bench/plspm"
OWN = Path(__file__).parent / "samples/merchant_weeks.csv"
SCHEMES = ("centroid", "factorial", "path")
NEAR = 1e-4

CHAIN = PathModel(
    blocks=(
        Block("it", ("it_1", "it_2", "it_3")),
        Block("receipt", ("receipt_1", "receipt_2", "receipt_3"), "B"),
        Block("pick", ("pick_1", "pick_2")),
        Block("delivery", ("delivery_1", "delivery_2", "delivery_3")),
    ),
    paths=(
        ("it", "receipt"),
        ("it", "pick"),
        ("receipt", "pick"),
        ("pick", "delivery"),
        ("receipt", "delivery"),
    ),
)


def rows_of(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"no {path.name}: the public figures are not here (PENSTOCK_SHARED)")
    with path.open(encoding="utf-8") as text:
        return list(csv.DictReader(text))


def columns_of(path: Path) -> dict[str, list[float]]:
    rows = rows_of(path)
    numbers = [name for name in rows[0] if name and name != "gender"]
    return {name: [float(row[name]) for row in rows] for name in numbers}


def numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}{n}" for n in range(1, count + 1))


def satisfaction(mode: str) -> PathModel:
    sizes = {"imag": 5, "expe": 5, "qual": 5, "val": 4, "sat": 4, "loy": 4}
    paths = (
        "IMAG>EXPE IMAG>SAT IMAG>LOY EXPE>QUAL EXPE>VAL EXPE>SAT QUAL>VAL QUAL>SAT VAL>SAT SAT>LOY"
    )
    return PathModel(
        tuple(Block(name.upper(), numbered(name, n), mode) for name, n in sizes.items()),
        tuple(tuple(path.split(">")) for path in paths.split()),
    )


def russett(mode: str) -> PathModel:
    return PathModel(
        (
            Block("AGRI", ("gini", "farm", "rent"), mode),
            Block("IND", ("gnpr", "labo"), mode),
            Block("POLINS", ("inst", "ecks", "death", "demo"), mode),
        ),
        (("AGRI", "POLINS"), ("IND", "POLINS")),
    )


def compare_outer(fit: Fit, path: Path) -> None:
    ours = {one.name: one for one in fit.indicators}
    theirs = rows_of(path)
    assert len(theirs) == len(ours)
    for row in theirs:
        for figure in ("weight", "loading", "communality", "redundancy"):
            assert getattr(ours[row["name"]], figure) == pytest.approx(float(row[figure]), abs=NEAR)


def compare_summary(fit: Fit, path: Path) -> None:
    ours = {one.name: one for one in fit.constructs}
    for row in rows_of(path):
        one = ours[row[""]]
        assert (one.r_squared or 0) == pytest.approx(float(row["r_squared"]), abs=NEAR)
        assert one.communality == pytest.approx(float(row["block_communality"]), abs=NEAR)
        mean = float(row.get("mean_redundancy") or row["mean_Redundancy"])
        assert one.redundancy == pytest.approx(mean, abs=NEAR)
        if row["ave"] == "NA":
            assert one.ave is None
        else:
            assert one.ave == pytest.approx(float(row["ave"]), abs=NEAR)


@pytest.mark.parametrize(
    ("scheme", "file"),
    [
        ("centroid", "outer-model"),
        ("path", "outer-model-path"),
        ("factorial", "outer-model-factorial"),
    ],
)
def test_satisfaction_equals_r_in_every_scheme(scheme, file):
    data = columns_of(ORACLE / "satisfaction.csv")
    fit = estimate(satisfaction("A"), data, scheme=scheme, scaled=False)
    compare_outer(fit, ORACLE / f"satisfaction.{file}.csv")


def test_satisfaction_equals_r_in_everything_else():
    data = columns_of(ORACLE / "satisfaction.csv")
    fit = estimate(satisfaction("A"), data, scheme="centroid", scaled=False)
    compare_summary(fit, ORACLE / "satisfaction.inner-summary.csv")
    effects = {f"{e.source} -> {e.target}": e for e in fit.effects}
    theirs = rows_of(ORACLE / "satisfaction.effects.csv")
    assert effects.keys() == {row[""] for row in theirs}
    for row in theirs:
        for kind in ("direct", "indirect", "total"):
            ours = getattr(effects[row[""]], kind)
            assert ours == pytest.approx(float(row[kind]), abs=NEAR)
    to_sat = {path.source: path for path in fit.paths if path.target == "SAT"}
    for row in rows_of(ORACLE / "satisfaction.inner-model.csv"):
        assert to_sat[row[""]].coefficient == pytest.approx(float(row["Estimate"]), abs=NEAR)
        assert to_sat[row[""]].std_error == pytest.approx(float(row["Std. Error"]), abs=NEAR)
        assert to_sat[row[""]].t_value == pytest.approx(float(row["t value"]), abs=NEAR)
    ours = {one.name: one for one in fit.indicators}
    for row in rows_of(ORACLE / "satisfaction.crossloadings.csv"):
        theirs = {name: float(row[name]) for name in fit.scores}
        assert ours[row["name"]].crossloadings == pytest.approx(theirs, abs=NEAR)
    for number, row in enumerate(rows_of(ORACLE / "satisfaction.scores.csv")):
        for name, value in row.items():
            assert fit.scores[name][number] == pytest.approx(float(value), abs=NEAR)
    constructs = {one.name: one for one in fit.constructs}
    for row in rows_of(ORACLE / "satisfaction_unidim.csv"):
        one = constructs[row[""]]
        assert one.cronbach_alpha == pytest.approx(float(row["cronbach_alpha"]), abs=NEAR)
        rho = float(row["dillon_goldstein_rho"])
        assert one.dillon_goldstein_rho == pytest.approx(rho, abs=NEAR)
        eigenvalues = [float(row["eig_1st"]), float(row["eig_2nd"])]
        assert one.eigenvalues[:2] == pytest.approx(eigenvalues, abs=NEAR)


def test_satisfaction_equals_r_with_formative_blocks():
    data = columns_of(ORACLE / "satisfaction.csv")
    fit = estimate(satisfaction("B"), data, scheme="centroid", scaled=False)
    compare_summary(fit, ORACLE / "satisfaction.modeb.inner-summary.csv")


def test_satisfactions_bootstrap_spreads_as_rs_does():
    data = columns_of(ORACLE / "satisfaction.csv")
    spread = bootstrap(satisfaction("A"), data, seed=5, scheme="centroid", scaled=False, rounds=400)
    ours = {one.name: one for one in spread.paths}
    for row in rows_of(ORACLE / "satisfaction_boot_paths.csv"):
        one, error = ours[row[""]], float(row["std.error"])
        assert one.original == pytest.approx(float(row["original"]), abs=NEAR)
        assert one.std_error == pytest.approx(error, rel=0.25), "two runs of a few hundred rounds"
        for limit, theirs in ((one.low, row["perc.025"]), (one.high, row["perc.975"])):
            assert abs(limit - float(theirs)) < error


@pytest.mark.parametrize(
    ("scheme", "file"),
    [
        ("centroid", "outer_model"),
        ("path", "outer_model_path"),
        ("factorial", "outer_model_factorial"),
    ],
)
def test_russett_equals_r(scheme, file):
    fit = estimate(russett("A"), columns_of(ORACLE / "russa.csv"), scheme=scheme)
    compare_outer(fit, ORACLE / f"russa.{file}.csv")


def test_russett_equals_r_with_formative_blocks():
    fit = estimate(russett("B"), columns_of(ORACLE / "russa.csv"), scheme="centroid")
    compare_summary(fit, ORACLE / "russa.mode_b_inner_summary.csv")


def test_mobi_equals_seminr():
    model = PathModel(
        (
            Block("Expectation", numbered("CUEX", 3)),
            Block("Quality", numbered("PERQ", 7), "B"),
            Block("Image", numbered("IMAG", 5)),
            Block("Complaints", ("CUSCO",)),
            Block("Loyalty", numbered("CUSL", 3)),
        ),
        (
            ("Image", "Expectation"),
            ("Expectation", "Loyalty"),
            ("Quality", "Loyalty"),
            ("Complaints", "Loyalty"),
        ),
    )
    fit = estimate(model, columns_of(ORACLE / "mobi.csv"), scheme="path")
    paths = {(path.source, path.target): path.coefficient for path in fit.paths}
    for row in rows_of(ORACLE / "seminr-mobi-basic-paths.csv"):
        for target in ("Expectation", "Loyalty"):
            found = paths.get((row[""], target), 0.0)
            assert found == pytest.approx(float(row[target]), abs=NEAR)
    ours = {one.name: one for one in fit.indicators}
    for row in rows_of(ORACLE / "seminr-mobi-basic-outer-model.csv"):
        assert ours[row[""]].weight == pytest.approx(float(row["weight"]), abs=NEAR)
        assert ours[row[""]].loading == pytest.approx(float(row["loading"]), abs=NEAR)


def settled_row_by_row(model: PathModel, data: dict[str, list[float]], scheme: str):
    """Wold's steps as they are told: on scores, row by row, with least squares, until still."""
    standard = {k: (np.array(v) - np.mean(v)) / np.std(v) for k, v in data.items()}
    blocks = {b.construct: np.array([standard[i] for i in b.indicators]).T for b in model.blocks}
    weights = {name: np.ones(block.shape[1]) for name, block in blocks.items()}
    for _ in range(500):
        scores = {name: block @ weights[name] for name, block in blocks.items()}
        scores = {name: score / score.std() for name, score in scores.items()}
        for block in model.blocks:
            name = block.construct
            before = model.sources(name)
            after = [target for source, target in model.paths if source == name]
            proxy = np.zeros(len(scores[name]))
            if scheme == "path" and before:
                among = np.array([scores[one] for one in before]).T
                proxy += among @ np.linalg.lstsq(among, scores[name], rcond=None)[0]
            for one in after if scheme == "path" else [*before, *after]:
                alike = np.corrcoef(scores[name], scores[one])[0, 1]
                proxy += (np.sign(alike) if scheme == "centroid" else alike) * scores[one]
            indicators = blocks[name]
            weights[name] = (
                np.linalg.lstsq(indicators, proxy, rcond=None)[0]
                if block.mode == "B"
                else indicators.T @ proxy / len(proxy)
            )
    return {name: block @ weights[name] for name, block in blocks.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_own_sample_settles_where_the_steps_row_by_row_do(scheme):
    data = columns_of(OWN)
    fit = estimate(CHAIN, data, scheme=scheme)
    for name, score in settled_row_by_row(CHAIN, data, scheme).items():
        theirs = score / score.std()
        ours = np.array(fit.scores[name])
        side = np.sign((theirs * ours).sum())
        assert np.abs(side * theirs - ours).max() < 1e-6


def test_two_formative_blocks_are_canonical_correlation():
    data = columns_of(OWN)
    left, right = ("it_1", "it_2", "it_3"), ("delivery_1", "delivery_2", "delivery_3")
    model = PathModel((Block("a", left, "B"), Block("b", right, "B")), (("a", "b"),))
    fit = estimate(model, data)
    bases = [
        np.linalg.qr(np.array([np.array(data[n]) - np.mean(data[n]) for n in names]).T)[0]
        for names in (left, right)
    ]
    first = np.linalg.svd(bases[0].T @ bases[1])[1][0]
    assert abs(fit.paths[0].coefficient) == pytest.approx(first, abs=1e-9)


def test_two_reflective_blocks_are_the_first_singular_vectors():
    data = columns_of(OWN)
    left, right = ("it_1", "it_2", "it_3"), ("pick_1", "pick_2")
    model = PathModel((Block("a", left), Block("b", right)), (("a", "b"),))
    weights = {one.name: one.weight for one in estimate(model, data).indicators}
    correlations = np.corrcoef([data[name] for name in (*left, *right)])
    vector = np.linalg.svd(correlations[:3, 3:])[0][:, 0]
    ours = np.array([weights[name] for name in left])
    assert ours / np.linalg.norm(ours) == pytest.approx(vector * np.sign(vector.sum()), abs=1e-7)


def test_scores_are_standard_and_effects_add_up():
    fit = estimate(CHAIN, columns_of(OWN))
    for score in fit.scores.values():
        assert np.mean(score) == pytest.approx(0, abs=1e-9)
        assert np.std(score) == pytest.approx(1)
    effects = {(e.source, e.target): e for e in fit.effects}
    one = effects["it", "delivery"]
    by_hand = (
        effects["it", "receipt"].direct * effects["receipt", "delivery"].direct
        + effects["it", "pick"].direct * effects["pick", "delivery"].direct
        + effects["it", "receipt"].direct
        * effects["receipt", "pick"].direct
        * effects["pick", "delivery"].direct
    )
    assert one.direct == 0
    assert one.total == one.indirect == pytest.approx(by_hand)
    assert ("delivery", "it") not in effects


def test_f_squared_is_what_the_regression_loses():
    fit = estimate(CHAIN, columns_of(OWN))
    target = np.array(fit.scores["delivery"])

    def r_squared(*names):
        among = np.array([fit.scores[name] for name in names]).T
        left = target - among @ np.linalg.lstsq(among, target, rcond=None)[0]
        return 1 - left @ left / (target @ target)

    whole = r_squared("receipt", "pick")
    for path in fit.paths:
        if path.target == "delivery":
            (other,) = {"receipt", "pick"} - {path.source}
            by_hand = (whole - r_squared(other)) / (1 - whole)
            assert path.f_squared == pytest.approx(by_hand, abs=1e-9)


def test_htmt_by_hand():
    data = columns_of(OWN)
    fit = estimate(CHAIN, data)
    ratio = {(p.first, p.second): p.ratio for p in fit.htmt}["it", "pick"]

    def alike(a, b):
        return abs(np.corrcoef(data[a], data[b])[0, 1])

    between = np.mean([alike(f"it_{i}", f"pick_{j}") for i in (1, 2, 3) for j in (1, 2)])
    within = np.mean([alike(f"it_{i}", f"it_{j}") for i, j in ((1, 2), (1, 3), (2, 3))])
    assert ratio == pytest.approx(between / math.sqrt(within * alike("pick_1", "pick_2")))
    assert not [p for p in fit.htmt if "receipt" in (p.first, p.second)], "it is formative"


def test_a_scale_of_its_own_moves_nothing_when_scaled():
    data = columns_of(OWN)
    moved = {**data, "it_2": [1000 * value - 7 for value in data["it_2"]]}
    ours, theirs = estimate(CHAIN, data), estimate(CHAIN, moved)
    assert [p.coefficient for p in ours.paths] == pytest.approx(
        [p.coefficient for p in theirs.paths], abs=1e-7
    )


def test_a_turned_indicator_turns_its_loading_only():
    data = columns_of(OWN)
    turned = {**data, "it_2": [-value for value in data["it_2"]]}
    ours, theirs = (
        {one.name: one.loading for one in estimate(CHAIN, some, scheme="factorial").indicators}
        for some in (data, turned)
    )
    assert theirs.pop("it_2") == pytest.approx(-ours.pop("it_2"), abs=1e-6)
    assert theirs == pytest.approx(ours, abs=1e-6)


def opposed(left: int, right: int) -> tuple[PathModel, dict[str, list[float]]]:
    """A block whose indicators disagree, so that nothing but a rule gives it a sign."""
    data = columns_of(OWN)
    data["one"] = [left * value for value in data["it_1"]]
    data["other"] = [right * value for value in data["it_2"]]
    blocks = (Block("a", ("one", "other")), Block("b", ("pick_1", "pick_2")))
    return PathModel(blocks, (("a", "b"),)), data


@pytest.mark.parametrize("scheme", SCHEMES)
def test_loadings_sum_to_something_positive(scheme):
    for signs in ((1, -1), (-1, 1)):
        fit = estimate(*opposed(*signs), scheme=scheme)
        loadings = [one.loading for one in fit.indicators if one.construct == "a"]
        assert sum(loadings) > 0
        assert min(loadings) < -0.5


def test_no_sign_jumps_in_the_bootstrap():
    spread = bootstrap(*opposed(1, -1), seed=2, rounds=100)
    one, other = (each for each in spread.loadings if each.name in ("one", "other"))
    assert one.low * one.high > 0
    assert other.low * other.high > 0
    (path,) = spread.paths
    assert path.low * path.high > 0


def test_indicators_that_cancel_are_refused():
    data = columns_of(OWN)
    data["contrary"] = [-value for value in data["it_1"]]
    model = PathModel(
        (Block("it", ("it_1", "contrary")), Block("pick", ("pick_1", "pick_2"))), (("it", "pick"),)
    )
    # Starting from equal weights the block would cancel itself to nothing.
    with pytest.raises(Invalid, match="unrelated"):
        estimate(model, data)


def test_the_bootstrap_is_the_seeds():
    data = columns_of(OWN)
    once, again, other = (bootstrap(CHAIN, data, seed=s, rounds=60) for s in (3, 3, 4))
    assert once == again
    assert once != other
    for one in (*once.paths, *once.loadings):
        assert one.low <= one.mean <= one.high
        assert one.std_error > 0


def test_the_bootstraps_own_figures_are_the_estimates():
    data = columns_of(OWN)
    fit, spread = estimate(CHAIN, data), bootstrap(CHAIN, data, seed=1, rounds=20)
    paths = {f"{p.source} -> {p.target}": p.coefficient for p in fit.paths}
    assert {s.name: s.original for s in spread.paths} == pytest.approx(paths)
    weights = {one.name: one.weight for one in fit.indicators}
    assert {s.name: s.original for s in spread.weights} == pytest.approx(weights)
    explained = {c.name: c.r_squared for c in fit.constructs if c.r_squared is not None}
    assert {s.name: s.original for s in spread.r_squared} == pytest.approx(explained)


def with_blocks(*blocks: Block, paths=(("a", "b"),)) -> PathModel:
    return PathModel(blocks, paths)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (with_blocks(Block("a", ("it_1",)), Block("b", ())), "no indicator"),
        (with_blocks(Block("a", ("it_1",)), Block("a", ("it_2",))), "twice"),
        (with_blocks(Block("a", ("it_1",)), Block("b", ("it_1",))), "twice"),
        (with_blocks(Block("a", ("it_1",)), Block("c", ("it_2",))), "no construct 'b'"),
        (with_blocks(Block("a", ("it_1",)), Block("b", ("nowhere",))), "no column 'nowhere'"),
        (
            with_blocks(Block("a", ("it_1",)), Block("b", ("it_2",)), Block("c", ("it_3",))),
            "no path",
        ),
        (
            with_blocks(
                Block("a", ("it_1",)), Block("b", ("it_2",)), paths=(("a", "b"), ("b", "a"))
            ),
            "cycle: ",
        ),
    ],
)
def test_a_model_that_means_nothing_is_refused(model, word):
    with pytest.raises(Invalid, match=word):
        estimate(model, columns_of(OWN))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"it_1": [50.0] * 60}, "'it_1' is constant"),
        ({"it_1": [math.nan] + [float(n) for n in range(59)]}, "missing"),
        ({"it_1": [1.0, 2.0]}, "length"),
        ({"it_1": ["much"] * 60}, "not a number"),
        ({"it_1": [None] * 60}, "missing"),
    ],
)
def test_data_that_says_nothing_is_refused(change, word):
    with pytest.raises(Invalid, match=word):
        estimate(CHAIN, {**columns_of(OWN), **change})


def test_a_singular_formative_block_is_refused_and_a_reflective_one_is_not():
    data = columns_of(OWN)
    data["receipt_3"] = [a + b for a, b in zip(data["receipt_1"], data["receipt_2"], strict=True)]
    with pytest.raises(Invalid, match="block 'receipt' is singular"):
        estimate(CHAIN, data)
    blocks = tuple(Block(b.construct, b.indicators, "A") for b in CHAIN.blocks)
    assert estimate(PathModel(blocks, CHAIN.paths), data).rows == 60


def test_constructs_that_are_one_are_refused():
    data = columns_of(OWN)
    data |= {"twin": data["it_1"]}
    model = PathModel(
        (Block("a", ("it_1",)), Block("b", ("twin",)), Block("c", ("pick_1", "pick_2"))),
        (("a", "c"), ("b", "c")),
    )
    with pytest.raises(Invalid, match="collinear"):
        estimate(model, data)


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_too_few_rows_are_refused(rows):
    with pytest.raises(Invalid, match="too few"):
        estimate(CHAIN, {name: values[:rows] for name, values in columns_of(OWN).items()})


def test_a_bootstrap_that_mostly_fails_is_refused():
    data = columns_of(OWN)
    data["it_1"] = [0.0] * 59 + [1.0]
    model = PathModel((Block("a", ("it_1",)), Block("b", ("pick_1",))), (("a", "b"),))
    with pytest.raises(Invalid, match="resamples could not be estimated"):
        bootstrap(model, data, seed=1, rounds=50)
    with pytest.raises(Invalid, match="rounds"):
        bootstrap(CHAIN, columns_of(OWN), seed=1, rounds=0)
