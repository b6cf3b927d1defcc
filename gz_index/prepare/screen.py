"""Which units and indicators have data enough to be in the index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT, Text
from gz_index.normalise.base import number, one_of
from gz_index.prepare.base import Fitted, Sheet, Step, others

__all__ = ["Screen", "indicator_shares", "unit_shares"]

#: limits that a rule may have; the share of what is known has to reach the first two, the others
#: must not be exceeded
_OF_UNITS = ("available", "pillars", "zeros")
_OF_INDICATORS = ("available", "zeros", "same")

#: share of the values that the JRC usually asks of a unit, in each pillar, and of an indicator
_USUAL = 0.65


def indicator_shares(sheet: Sheet) -> pd.DataFrame:
    """Count for each indicator what is known of it.

    Returns
    -------
    DataFrame
        By code: ``cells`` and ``known`` values, ``available`` = known / cells; of the known values
        the share of ``zeros``, and that of the most frequent value, ``same``.
    """
    rows = []
    for x in sheet.values.T:
        v = x[~np.isnan(x)]
        most = np.unique(v, return_counts=True)[1].max(initial=0)
        rows.append((x.size, v.size, _share(v.size, x.size), *_parts(v, most)))
    columns = ["cells", "known", "available", "zeros", "same"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(sheet.codes, name="indicator"))


def _parts(v: Array, most: int) -> tuple[float, float]:
    return _share(int((v == 0).sum()), v.size), _share(most, v.size)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def unit_shares(
    sheet: Sheet, *, window: Literal["pooled", "each"] = "pooled", at: Sequence[int] | None = None
) -> pd.DataFrame:
    """Count for each unit what is known of it.

    Parameters
    ----------
    sheet : Sheet
    window : {"pooled", "each"}
        Over all rows of a unit, or each (unit, period) by itself.
    at : positions, optional
        Indicators that count; all by default.

    Returns
    -------
    DataFrame
        By unit (``unit, period`` where each row counts by itself): ``cells``, ``known``,
        ``available`` = known / cells, share of ``zeros`` in what is known; ``pillar`` of which
        least is known, with ``pillar_cells``, ``pillar_known`` and ``pillars`` = their ratio.
        A pillar is a group that hangs on the root; pillar is "" where there is none.
    """
    at = list(range(len(sheet.codes))) if at is None else list(at)
    names, place = np.unique(_names(sheet, window), return_inverse=True)
    x, f = sheet.values[:, at], sheet.framework

    def count(what: Any) -> Any:
        out = np.zeros((len(names), len(at)), dtype=np.intp)
        np.add.at(out, place, what)
        return out

    known, zeros, cells = count(~np.isnan(x)), count(x == 0), count(np.ones(x.shape, dtype=bool))
    codes = [sheet.codes[j] for j in at]
    pillars = {
        p: [codes.index(c) for c in f.leaves(p) if c in codes]
        for p in f.children(ROOT)
        if f.children(p)
    }
    rows = []
    for i in range(len(names)):
        n, k = int(cells[i].sum()), int(known[i].sum())
        worst = ("", 0, 0)
        for p, own in pillars.items():
            pn, pk = int(cells[i, own].sum()), int(known[i, own].sum())
            if pn and (not worst[0] or pk * worst[1] < worst[2] * pn):
                worst = (p, pn, pk)
        share = (_share(k, n), _share(int(zeros[i].sum()), k))
        rows.append((n, k, *share, *worst, _share(worst[2], worst[1])))
    heads = ["cells", "known", "available", "zeros"]
    heads += ["pillar", "pillar_cells", "pillar_known", "pillars"]
    return pd.DataFrame(rows, columns=heads, index=pd.Index(names, name="unit", dtype=object))


def _names(sheet: Sheet, window: str) -> list[str]:
    """What each row is judged as: its unit, or unit and period."""
    each = window == "each" and sheet.table.periods is not None
    return [f"{u}, {p}" if each else str(u) for u, p in sheet.keys]


@dataclass(frozen=True, kw_only=True)
class Screen(Step):
    """Leave out indicators, then units, of which too little is known.

    Indicators are judged first, over all rows; units by the indicators that stay. What was decided
    is kept: when the step is replayed, indicators and units that were there keep their decision,
    and new units are judged by the same limits.

    Parameters
    ----------
    units : mapping
        Limits for units: ``available`` (least share of known values), ``pillars`` (the same in
        each pillar), ``zeros`` (largest share of zeros among the known). Only those that are named
        are applied; ``{}`` leaves every unit in. By default the first two at 65 %, as is usual in
        audits of the JRC.
    indicators : mapping
        Limits for indicators: ``available``, ``zeros``, ``same`` (largest share of one and the
        same value). By default ``available`` at 65 %.
    keep, leave : tuple of str
        Units or indicators that stay, or leave, whatever their data.
    window : {"pooled", "each"}
        Of a panel: count over all rows of a unit, which stays or leaves as a whole; or judge each
        (unit, period) by itself, and keep and leave still name units. A row that is not in the
        table does not count as missing.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    >>> data = pd.DataFrame({"a": [1, 2, None], "b": [1, 2, 3]}, index=["X", "Y", "Z"])
    >>> sheet = Sheet(gz.table.align(data, f), f)
    >>> step = Screen()
    >>> after = step.apply(sheet, step.fit(sheet))
    >>> after.table.units, str(after.left[0][2])
    (('X', 'Y'), '1 of 2 values known (50.0 %), below 65 %')
    """

    kind: ClassVar[str] = "screen"
    whole: ClassVar[bool] = True
    units: Mapping[str, float] = field(
        default_factory=lambda: {"available": _USUAL, "pillars": _USUAL}
    )
    indicators: Mapping[str, float] = field(default_factory=lambda: {"available": _USUAL})
    keep: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    window: Literal["pooled", "each"] = "pooled"

    def __post_init__(self) -> None:
        super().__post_init__()
        put = object.__setattr__
        one_of("screen", "window", self.window, ("pooled", "each"))
        put(self, "units", _limits("units", self.units, _OF_UNITS))
        put(self, "indicators", _limits("indicators", self.indicators, _OF_INDICATORS))
        for option in ("keep", "leave"):
            names = getattr(self, option)
            if isinstance(names, str):
                hint = f"{option} = [{names!r}]"
                raise MethodError(f"screen: {option} = {names!r} is no list", hint=hint)
            put(self, option, tuple(str(n) for n in names))
        both = [n for n in self.keep if n in self.leave]
        if both:
            raise MethodError(f"screen: {both[0]!r} is to stay and to leave", hint="decide")

    def without(self, gone: Collection[str]) -> Step | None:
        """Return it for a tree without some nodes, which are named no more."""
        step = super().without(gone)
        if not isinstance(step, Screen):
            return step
        return replace(step, keep=others(self.keep, gone), leave=others(self.leave, gone))

    # -- fit -----------------------------------------------------------------------------------

    def fit(self, sheet: Sheet) -> Fitted:
        """Return who leaves and why, who stays, and what was decided by name.

        Raises
        ------
        NotFoundError
            ``keep`` or ``leave`` names neither a unit nor an indicator.
        MethodError
            It names both.
        DataError
            Nothing is left.
        """
        self._check_names(sheet)
        told: list[list[str]] = []
        gone = self._indicators(sheet, told)
        if len(gone) == len(sheet.codes):
            raise _nothing("indicator", gone)
        at = [j for j in self.at(sheet) if sheet.codes[j] not in {g[0] for g in gone}]
        out = self._units(sheet, at, told)
        stays = dict.fromkeys(n for n in _names(sheet, self.window) if n not in {g[0] for g in out})
        if not stays:
            raise _nothing("unit", out)
        return {
            "indicators": gone,
            "units": out,
            "stay": list(stays),
            "codes": [sheet.codes[j] for j in at],
            "told": told,
        }

    def _check_names(self, sheet: Sheet) -> None:
        units = {str(u) for u in sheet.table.units}
        for option in ("keep", "leave"):
            for name in getattr(self, option):
                if name in units and name in sheet.codes:
                    raise MethodError(
                        f"screen: {option} names {name!r}, which is a unit and an indicator",
                        hint="rename one of them",
                    )
                if name not in units and name not in sheet.codes:
                    near = closest(name, [*sorted(units), *sheet.codes])
                    raise NotFoundError(
                        f"screen: {option} names {name!r}, neither unit nor indicator{near}"
                    )

    def _indicators(self, sheet: Sheet, told: list[list[str]]) -> list[list[str]]:
        """Return the indicators that leave, and why."""
        looked = {sheet.codes[j] for j in self.at(sheet)}
        out: list[list[str]] = []
        for code, row in indicator_shares(sheet).to_dict("index").items():
            why = _why(self.indicators, row) if code in looked else []
            self._decide(str(code), str(code), why, out, told)
        return out

    def _units(self, sheet: Sheet, at: Sequence[int], told: list[list[str]]) -> list[list[str]]:
        """Return the units of a sheet that leave, and why, by the indicators at some positions."""
        names = _names(sheet, self.window)
        unit = dict(zip(names, map(str, sheet.table.units), strict=True))
        rows = unit_shares(sheet, window=self.window, at=at).to_dict("index")
        out: list[list[str]] = []
        for name in unit:  # in the order of the table
            why = _why(self.units, rows[name])
            self._decide(name, unit[name], why, out, told)
        return out

    def _decide(
        self, name: str, key: str, why: list[Text], out: list[list[str]], told: list[list[str]]
    ) -> None:
        """Note a unit or an indicator that leaves; and one whose data say otherwise."""
        reason = Text("；".join(w.zh for w in why), "; ".join(w.en for w in why))
        if key in self.leave:
            out.append([name, "按指定剔除", "left out by name"])
        elif key in self.keep and why:
            told.append([name, reason.zh, reason.en])
        elif why:
            out.append([name, reason.zh, reason.en])

    # -- replay --------------------------------------------------------------------------------

    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Return the sheet without who left; units that were not fitted are judged now."""
        gone = [("indicator", c, Text(*why)) for c, *why in fitted["indicators"]]
        sheet = sheet.without(gone)
        names = np.array(_names(sheet, self.window), dtype=object)
        out = {name: Text(*why) for name, *why in fitted["units"]}
        known = {*out, *fitted["stay"]}
        new = np.array([n not in known for n in names], dtype=bool)
        if new.any():
            at = [sheet.codes.index(c) for c in fitted["codes"]]
            out |= {n: Text(*why) for n, *why in self._units(sheet.take(new), at, [])}
        stay = np.array([n not in out for n in names], dtype=bool)
        if not stay.any():
            raise _nothing("unit", [[n, out[n].zh, out[n].en] for n in dict.fromkeys(names)])
        left = [("unit", n, out[n]) for n in dict.fromkeys(names[~stay])]
        return sheet.take(stay, left)

    def kept(self, before: Sheet, after: Sheet, fitted: Fitted) -> Fitted:
        """Return what was fitted with what was decided of new units."""
        known = {*fitted["stay"], *(name for name, *_ in fitted["units"])}
        new = dict.fromkeys(n for n in _names(before, self.window) if n not in known)
        if not new:
            return fitted
        gone = [
            [label, why.zh, why.en]
            for what, label, why in after.left[len(before.left) :]
            if what == "unit" and label in new
        ]
        stay = [n for n in new if n not in {g[0] for g in gone}]
        more = {"units": [*fitted["units"], *gone], "stay": [*fitted["stay"], *stay]}
        return fitted | more

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """Who stays by name although the data say otherwise."""
        return tuple(
            Text(f"{name}按指定保留，尽管{zh}", f"{name} stays by name, although {en}")
            for name, zh, en in fitted["told"]
        )


def _limits(option: str, given: Any, known: Sequence[str]) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise MethodError(
            f"screen: {option} = {given!r}", hint=f"{option} = {{ available = {_USUAL} }}"
        )
    for name in given:
        if name not in known:
            raise MethodError(
                f"screen: {option} has no limit {name!r}{closest(str(name), list(known))}",
                hint=f"limits are {', '.join(known)}",
            )
    return {
        k: number("screen", f"{option}.{k}", v, _is_share(v), " from 0 to 1")
        for k, v in given.items()
    }


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _why(limits: Mapping[str, float], row: Mapping[Any, Any]) -> list[Text]:
    """Return each limit that is not kept, with the figures."""
    out = []
    for name, limit in limits.items():
        value, bound = row[name], f"{100 * limit:.4g}"
        share = f"{100 * value:.1f}"
        if name in ("available", "pillars"):
            inner = name == "pillars"
            of, known = ("pillar_cells", "pillar_known") if inner else ("cells", "known")
            zh, en = (f"{row['pillar']}中", f" in {row['pillar']}") if inner else ("", "")
            if value < limit:  # not so where there is no pillar
                out.append(
                    Text(
                        f"{zh}{row[of]}个数值中有{row[known]}个（{share}%），低于{bound}%",
                        f"{row[known]} of {row[of]} values known{en} ({share} %), below {bound} %",
                    )
                )
        elif value > limit:  # not so where nothing is known
            zh, en = ("零值", "zero") if name == "zeros" else ("同一数值", "one and the same")
            out.append(
                Text(
                    f"{zh}占{share}%，高于{bound}%",
                    f"{share} % of the known values are {en}, above {bound} %",
                )
            )
    return out


def _nothing(what: str, gone: Sequence[Sequence[str]]) -> DataError:
    some = [Problem(name, en) for name, _, en in gone[:20]]
    more = [Problem("and", f"{len(gone) - 20} more")] if len(gone) > 20 else []
    hint = Problem("screen", "the limits leave nothing", "lower them, or name some in keep")
    return DataError(f"screen: no {what} is left", [*some, *more, hint])
