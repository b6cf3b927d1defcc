"""Weights of indicators: schemes that look at the data, judgements, and their combination.

A scheme is a function ``f(x, *, options) -> w`` of oriented data ``x`` (n, k), bigger is better;
``w`` (k,) is finite, >= 0 and sums to one. :data:`SCHEMES` lists those that a definition can name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array
from gz_index.weighting.ahp import AHP, ahp
from gz_index.weighting.ahp_group import aij, aip, hierarchy_cr
from gz_index.weighting.combine import (
    Combination,
    game_theory,
    least_squares,
    linear,
    max_deviation,
    multiplicative,
    relative_entropy,
)
from gz_index.weighting.components import ucm_weights, unobserved_components
from gz_index.weighting.conflict import cilos, critic, idocriw, lopcow, merec
from gz_index.weighting.dispersion import cv, gini, scatter_degree, std
from gz_index.weighting.entropy import audit_entropy, entropy, entropy_values
from gz_index.weighting.frontier import bod
from gz_index.weighting.fuzzy import FuzzyAHP, fuzzy_ahp
from gz_index.weighting.judgement import BWM, Budget, budget, bwm, g1, rank_order
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.pairwise import random_index
from gz_index.weighting.pca import factor, factor_analysis, pca, principal_components


def equal(x: ArrayLike) -> Array:
    """Equal weights, 1/k each.

    Parameters
    ----------
    x : (n, k)
        Only the number of columns matters.

    Examples
    --------
    >>> equal([[1, 2, 3, 4]])
    array([0.25, 0.25, 0.25, 0.25])
    """
    k = np.shape(x)[-1]
    return np.full(k, 1.0 / k)


#: schemes that a definition can name
SCHEMES: dict[str, Callable[..., Array]] = {
    "equal": equal,
    "entropy": entropy,
    "cv": cv,
    "std": std,
    "gini": gini,
    "scatter-degree": scatter_degree,
    "critic": critic,
    "merec": merec,
    "cilos": cilos,
    "idocriw": idocriw,
    "lopcow": lopcow,
    "pca": pca,
    "factor": factor,
    "unobserved-components": ucm_weights,
}

#: names that do not look at the numbers
DATA_FREE = frozenset({"equal", "given"})

#: ways to combine several weightings, ``f(weights (L, k), x) -> Combination``
COMBINATIONS: dict[str, Callable[..., Combination]] = {
    "linear": linear,
    "multiplicative": multiplicative,
    "relative-entropy": relative_entropy,
    "game-theory": game_theory,
    "least-squares": least_squares,
    "max-deviation": max_deviation,
}

#: those of them that need the data
ON_DATA = frozenset({"least-squares", "max-deviation"})

__all__ = [
    "AHP",
    "BWM",
    "COMBINATIONS",
    "DATA_FREE",
    "ON_DATA",
    "SCHEMES",
    "Budget",
    "Combination",
    "FuzzyAHP",
    "Judgements",
    "ahp",
    "aij",
    "aip",
    "audit_entropy",
    "bod",
    "budget",
    "bwm",
    "cilos",
    "critic",
    "cv",
    "entropy",
    "entropy_values",
    "equal",
    "factor",
    "factor_analysis",
    "fuzzy_ahp",
    "g1",
    "game_theory",
    "gini",
    "hierarchy_cr",
    "idocriw",
    "least_squares",
    "linear",
    "lopcow",
    "max_deviation",
    "merec",
    "multiplicative",
    "pca",
    "principal_components",
    "random_index",
    "rank_order",
    "relative_entropy",
    "scatter_degree",
    "std",
    "ucm_weights",
    "unobserved_components",
]
