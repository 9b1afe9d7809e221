"""The formula for many courses is the exact one, to the hundredth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.experience.foresee.many import Counts, scores_of_many
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import ORDERS, PerOrder
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score


@st.composite
def counted(draw, metric):
    n = draw(st.integers(0, 3000))
    most = 100 * n if isinstance(metric.mapping, PerOrder) else 90_000 * n if metric.quantity else n
    near = min(most, 40)
    few = draw(st.integers(0, near))
    return draw(st.sampled_from([few, most - few, draw(st.integers(0, most))])), n


@pytest.mark.parametrize("name", shipped())
@settings(max_examples=12)
@given(data=st.data())
def test_many_courses_score_what_one_does(name, data):
    profile = load(name)
    metrics = [m for m in profile.metrics if not m.supplied]
    drawn = {m.code: data.draw(counted(m)) for m in metrics}
    drawn[ORDERS] = (0, data.draw(st.integers(0, 1500)))
    exact = score(
        profile, {code: Count(numerator=k, denominator=n) for code, (k, n) in drawn.items()}
    ).points
    found = scores_of_many(
        profile,
        {c: Counts(np.array([float(k)]), np.array([float(n)])) for c, (k, n) in drawn.items()},
    )[0]
    if exact is None:
        assert np.isnan(found)
    else:
        assert abs(found - float(exact)) <= 0.005 + 1e-9
