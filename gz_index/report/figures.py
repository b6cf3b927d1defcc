"""Figures of results and studies: each function takes one, draws it on axes and returns them."""

from gz_index.report.canvas import save
from gz_index.report.plans import targets, waterfall
from gz_index.report.profiles import radar, weights
from gz_index.report.rankings import contributions, heat_map
from gz_index.report.robust import (
    acceptability,
    rank_intervals,
    variance_shares,
    weight_intervals,
)
from gz_index.report.years import bump, trend

__all__ = [
    "acceptability",
    "bump",
    "contributions",
    "heat_map",
    "radar",
    "rank_intervals",
    "save",
    "targets",
    "trend",
    "variance_shares",
    "waterfall",
    "weight_intervals",
    "weights",
]
