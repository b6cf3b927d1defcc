"""Preparation of the data before normalising: screen, denominate, impute, treat outliers.

Steps are frozen values in the order in which they are taken. What they fit is kept, so that a
preparation is replayed on the next release without changing a figure of the last one; every cell
that they change is recorded.
"""

from __future__ import annotations

from gz_index.prepare.base import Sheet, Step
from gz_index.prepare.rule import KINDS, Prepare, Prepared, prepare, step

__all__ = ["KINDS", "Prepare", "Prepared", "Sheet", "Step", "prepare", "step"]
