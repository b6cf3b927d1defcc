"""The golden panel through the whole library: labels in, labels out, at 1e-9."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index import aggregate, weighting
from gz_index.framework import Direction
from tests.golden import CODES, golden, index, panel, reference, table

TOLERANCE = 1e-9


def close(ours, want):
    assert np.abs(np.asarray(ours, dtype=float).reshape(np.shape(want)) - want).max() < TOLERANCE


@pytest.mark.parametrize(
    ("case", "options"),
    [("panel_entropy_limit0", {}), ("panel_entropy_plus1e-4", {"shift": 1e-4})],
)
def test_panel_entropy(case, options):
    want = golden(case)
    r = index(weight={"scheme": "entropy", **options}).evaluate(table())
    close(r.weights.loc[CODES, "global"], want["w"])
    close(r.total, want["score_year_city"])  # the shift enters the weights, not the scores


def test_cross_section_entropy():
    third = table().xs(2022, level="year")
    r = index(weight="entropy").evaluate(third)
    close(r.weights.loc[CODES, "global"], golden("cross_section_entropy_year3")["w"])


def test_base_year_minmax():
    r = index(normalise={"method": "minmax", "window": "base"}).evaluate(table())
    close(r.normalised, golden("base_year_minmax"))


def test_efficacy():
    r = index(normalise="efficacy").evaluate(table())
    third = r.normalised.xs(2022, level="year")
    close(third, golden("efficacy_60_40_year3_pooled"))


def test_log_efficacy():
    r = index(normalise="log-efficacy").evaluate(table())
    close(r.normalised, golden("log_efficacy_base_year_q05_q95_linear_quantile"))


@pytest.mark.parametrize(
    ("case", "spec"),
    [
        ("cv_weights_ddof1_on_pooled_minmax", "cv"),
        ("critic_pooled_minmax_ddof1", "critic"),
        ("critic_abs_r_variant", {"scheme": "critic", "conflict": "absolute"}),
    ],
)
def test_other_weights(case, spec):
    r = index(weight=spec).evaluate(table())
    close(r.weights.loc[CODES, "global"], golden(case))


def test_scatter_degree():
    r = index(normalise="zscore", weight="scatter-degree").evaluate(table())
    close(r.weights.loc[CODES, "global"], golden("scatter_degree_weights")["w"])


@pytest.mark.parametrize("weigh", ["matrix", "distance"])
def test_both_conventions_of_topsis(weigh):
    r = index(weight="entropy", aggregate={"method": "topsis", "weigh": weigh}).evaluate(table())
    close(r.total, golden(f"topsis_weighted_{weigh}"))


def test_grey_relational():
    r = index(weight="entropy", aggregate="grey-relational").evaluate(table())
    close(r.total, golden("gra_rho05_weighted"))


def test_kemeny_and_copeland():
    want = golden("kemeny")
    e, order = want["E"], want["order"]
    # five judges of four units whose outranking matrix is that of the golden case
    ranks, w = votes(e)
    assert np.abs(aggregate.outranking(ranks, w) - e).max() < TOLERANCE
    found = aggregate.kemeny_order(ranks, w)
    assert found.exact
    support = sum(e[a, b] for i, a in enumerate(order) for b in order[i + 1 :])
    assert found.support == pytest.approx(support, abs=TOLERANCE)
    # the golden row counts the diagonal (0 < 1/2) as a loss of each unit against itself
    assert (aggregate.copeland(ranks, w) == want["copeland"] + 1).all()


def votes(e):
    """Weights of all orders of four units that give the outranking matrix ``e``."""
    from itertools import permutations

    from scipy.optimize import linprog

    orders = list(permutations(range(4)))
    x = np.array([[4 - o.index(i) for o in orders] for i in range(4)], dtype=float)
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    left = [[float(x[a, j] > x[b, j]) for j in range(len(orders))] for a, b in pairs]
    left.append([1.0] * len(orders))
    right = [e[a, b] for a, b in pairs] + [1.0]
    found = linprog(np.zeros(len(orders)), A_eq=left, b_eq=right, bounds=(0, None))
    assert found.status == 0
    return x, found.x / found.x.sum()


def test_xiaokang_interval_with_stated_limits():
    f = gz.Framework(
        (gz.Indicator(code="u", direction=Direction.of({"interval": [3, 6], "bounds": [0, 9]})),)
    )
    i = gz.Index(
        framework=f,
        normalise={"method": "minmax", "window": "goalposts", "to": [0, 100], "clip": True},
    )
    x = pd.DataFrame({"u": [7.0, 4.0, 1.5, 10.0]}, index=list("wxyz"))
    assert i.evaluate(x).total.tolist() == pytest.approx([200 / 3, 100, 50, 0], abs=TOLERANCE)


def test_mpi_and_ampi_of_the_worked_table():
    """Four units, three indicators; reference = column means; numbers as in the specification."""
    x = pd.DataFrame(
        [[1.0, 2, 3], [2, 2, 2], [3, 1, 5], [4, 4, 4]], index=list("wxyz"), columns=list("abc")
    )
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "abc"))
    z = {"method": "zscore", "mean": 100, "sd": 10, "ddof": 0}
    mpi = gz.Index(framework=f, normalise=z, aggregate="mpi").evaluate(x).total
    ampi = gz.Index(framework=f, normalise="ampi", aggregate="ampi").evaluate(x).total
    assert np.abs(mpi - [93.0241, 93.0241, 101.1019, 111.0950]).max() < 5.1e-5
    assert np.abs(ampi - [83.6275, 83.6275, 100.0794, 124.0667]).max() < 5.1e-5


def test_the_panel_is_the_one_that_was_recovered():
    assert set(reference("golden_panel")) >= {"raw", "direction", "golden"}
    assert panel().min() == 0
    assert panel().max() == 1
    assert np.abs(weighting.entropy(panel().reshape(-1, 4)).sum() - 1) < 1e-15
