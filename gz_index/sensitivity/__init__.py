"""Uncertainty, sensitivity, stability and importance: how far a ranking can be trusted.

Studies of an index take the index and its data: :func:`uncertainty`, :func:`sobol`, :func:`smaa`,
:func:`stability`, :func:`importance`, :func:`balance`. What they are made of are functions of plain
arrays, which serve by themselves: ranks of many draws, Sobol indices and exact shares of any
function, volumes of cut simplices, crossings of lines, correlation ratios, Shapley effects.
"""

from __future__ import annotations

from gz_index.sensitivity.acceptability import Acceptability, smaa
from gz_index.sensitivity.crossings import Interval, least_change, order_interval, top_interval
from gz_index.sensitivity.effective import Balance, Importance, balance, importance
from gz_index.sensitivity.factorial import Exact, anova
from gz_index.sensitivity.imputed import Imputations, imputations
from gz_index.sensitivity.indices import Design, Indices, bootstrap, design, sobol_indices
from gz_index.sensitivity.montecarlo import Uncertainty, uncertainty
from gz_index.sensitivity.ranks import ranks_of
from gz_index.sensitivity.ratios import (
    balanced_weights,
    correlation_ratio,
    linear_parts,
    residuals,
)
from gz_index.sensitivity.shapley import shapley_linear
from gz_index.sensitivity.sigma_mu import frontiers
from gz_index.sensitivity.unit_pairs import Overtake, SafePairs
from gz_index.sensitivity.variance import VarianceShares, sobol
from gz_index.sensitivity.weight_intervals import Stability, stability
from gz_index.sensitivity.weightset import WeightSet
from gz_index.sensitivity.winning import expected_ranks, pairwise_winning, simplex_cut
from gz_index.study import Saved, Study

__all__ = [
    "Acceptability",
    "Balance",
    "Design",
    "Exact",
    "Importance",
    "Imputations",
    "Indices",
    "Interval",
    "Overtake",
    "SafePairs",
    "Saved",
    "Stability",
    "Study",
    "Uncertainty",
    "VarianceShares",
    "WeightSet",
    "anova",
    "balance",
    "balanced_weights",
    "bootstrap",
    "correlation_ratio",
    "design",
    "expected_ranks",
    "frontiers",
    "importance",
    "imputations",
    "least_change",
    "linear_parts",
    "order_interval",
    "pairwise_winning",
    "ranks_of",
    "residuals",
    "shapley_linear",
    "simplex_cut",
    "smaa",
    "sobol",
    "sobol_indices",
    "stability",
    "top_interval",
    "uncertainty",
]
