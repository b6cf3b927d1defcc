"""Monitoring a plan: progress towards targets, index numbers, contributions, obstacles, outlook.

:func:`gz_index.monitor` makes the dashboard; :func:`gz_index.index_numbers` follows one city
against its own past; :func:`gz_index.change` and :func:`gz_index.revision` say what moved an index;
:func:`gz_index.obstacles` what holds it back; :func:`gz_index.project` where a series is heading;
:func:`gz_index.core_value_added` adds up the statistical classification of the digital economy.
"""

from __future__ import annotations

from gz_index.monitoring.accounting import Change, change
from gz_index.monitoring.assessment import (
    CONVENTIONS,
    Convention,
    Progress,
    Trend,
    plan_wording,
    progress,
    trend,
)
from gz_index.monitoring.attainment import realisation
from gz_index.monitoring.classes import Category, Classification
from gz_index.monitoring.dashboard import Monitor, monitor
from gz_index.monitoring.editions import Revision, revision
from gz_index.monitoring.grey import Grey, gm11
from gz_index.monitoring.growth import remaining_growth, required_growth
from gz_index.monitoring.linking import (
    Linked,
    chain_link,
    class_contributions,
    rebase,
    symmetric_growth,
)
from gz_index.monitoring.numbers import IndexNumbers, index_numbers
from gz_index.monitoring.obstacle import Obstacles, obstacles
from gz_index.monitoring.projection import Projection, project
from gz_index.monitoring.targets import Goal, goal, target_level, target_text
from gz_index.monitoring.value_added import ValueAdded, core_value_added

__all__ = [
    "CONVENTIONS",
    "Category",
    "Change",
    "Classification",
    "Convention",
    "Goal",
    "Grey",
    "IndexNumbers",
    "Linked",
    "Monitor",
    "Obstacles",
    "Progress",
    "Projection",
    "Revision",
    "Trend",
    "ValueAdded",
    "chain_link",
    "change",
    "class_contributions",
    "core_value_added",
    "gm11",
    "goal",
    "index_numbers",
    "monitor",
    "obstacles",
    "plan_wording",
    "progress",
    "project",
    "realisation",
    "rebase",
    "remaining_growth",
    "required_growth",
    "revision",
    "symmetric_growth",
    "target_level",
    "target_text",
    "trend",
]
