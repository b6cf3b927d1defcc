"""Check a paper: which conventions reproduce published weights or scores, or how near they come."""

from __future__ import annotations

import html
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.auditing.conventions import Case, Convention
from gz_index.auditing.matching import (
    Match,
    Trial,
    distinct,
    nearest_scores,
    ranked,
    reversed_trials,
    shifted_trials,
    tolerance,
    trial,
)
from gz_index.auditing.recipes import Bench, Recipe, Tiers
from gz_index.auditing.wording import DIGITS, NOUN, notes, verdict
from gz_index.errors import DataError, GzIndexError, MethodError, NotFoundError, Problem
from gz_index.framework import Direction, Framework, Indicator, Text
from gz_index.labels import by_rows, find_labels, unlabelled
from gz_index.table import Table, align, as_frame

__all__ = ["Found", "Match", "PaperCheck", "check_paper"]

Of = Literal["weights", "scores"]
Lang = Literal["zh", "en"]


def check_paper(
    data: Any,
    *,
    weights: Mapping[str, float] | pd.Series[Any] | None = None,
    scores: Mapping[Any, float] | pd.Series[Any] | None = None,
    directions: Mapping[str, Any] | pd.Series[Any] | None = None,
    groups: Mapping[str, str] | pd.Series[Any] | None = None,
    period: Hashable | None = None,
    base: Hashable | None = None,
    digits: int | Mapping[str, int] | None = None,
) -> PaperCheck:
    r"""Say which convention reproduces published weights or scores, or how near each comes.

    Every way to normalise, weigh and score of :mod:`gz_index.auditing.conventions`, the faulty ones
    among them, is carried out on the data, and held against the published numbers p:

    .. math:: \delta = \max_i |p_i - \hat p_i|

    A convention agrees if :math:`\delta \le \tfrac12 10^{-d}`, d the decimals printed. Only where
    none agrees are a free shift before the logarithm and indicators with their direction reversed
    looked for; what was fitted that way is said.

    Parameters
    ----------
    data : DataFrame
        Raw numbers, rows units or (unit, period), columns the indicators and nothing else.
    weights : mapping or Series, optional
        Published weight of each column; in per cent if they sum to about 100.
    scores : mapping or Series, optional
        Published scores by the labels of rows (all or some). With ``weights`` they are looked for
        under these weights, as printed and as reproduced; without, under every way to weigh.
    directions : mapping, optional
        ``"+"`` or ``"-"`` by column; ``"+"`` where nothing is said.
    groups : mapping, optional
        Group (pillar) of each column: schemes are then also carried out inside each group. Weights
        that sum to one in each group are taken for local ones.
    period : label, optional
        Rows of one period only; by default all rows.
    base : label, optional
        Base period of min-max on a base; the first one by default.
    digits : int or mapping, optional
        Decimals as printed (``{"weights": 4, "scores": 3}``); by default the most that any of the
        numbers has, at most 10.

    Returns
    -------
    PaperCheck

    Raises
    ------
    DataError
        A cell is missing, a column is constant, labels do not fit, numbers are not finite, all
        scores are the same.
    MethodError
        Neither weights nor scores are given; a direction is neither + nor -.
    NotFoundError
        No such period or base period.

    Notes
    -----
    Scores may agree only after a change of scale: times 100, min-max of the scores to [0, 1],
    [0, 100] or [60, 100], or any rising straight line; this is a part of the convention that is
    named. The free line is the one with the smallest largest residual. Under published weights
    each score is allowed what the rounding of the weights can do to it (to first order) beside its
    own rounding.

    Of ways to score the 60 nearest as they are and the 60 nearest to a straight line are kept.

    Of conventions that agree sound ones stand first, then those with least fitted, then the more
    usual. Agreement is no proof: where few numbers with few digits are printed, many will agree.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.MultiIndex.from_product([["a", "b", "c"], [2021, 2022]], names=["unit", "year"])
    >>> x = [[1, 9, 3, 1], [2, 7, 8, 1], [4, 8, 4, 2], [5, 3, 9, 2], [6, 4, 2, 9], [9, 1, 7, 3]]
    >>> data = pd.DataFrame(x, index=rows, columns=["w", "x", "y", "z"])
    >>> weights = {"w": 0.2910, "x": 0.3113, "y": 0.2859, "z": 0.1118}
    >>> check = check_paper(data, weights=weights)
    >>> check.outcomes, check.best.code, check.best.sound
    ({'weights': 'one'}, 'minmax / entropy-ln-T', False)
    >>> check.weights["right"].round(4).tolist()
    [0.1909, 0.1616, 0.1983, 0.4492]
    """
    if weights is None and scores is None:
        raise MethodError("nothing to check", hint="give published weights, scores, or both")
    case = _case(data, directions, period, base)
    codes = case.table.codes
    named = _labelled(groups, codes, "groups", whole=groups is not None)
    of = [str(named.get(c, "")) for c in codes]
    parts = [np.flatnonzero(np.array(of) == g) for g in sorted(set(of))]
    bench = Bench(case, Tiers(parts))
    found: dict[str, Found] = {}
    if weights is not None:
        found["weights"] = _check_weights(bench, weights, _given(digits, "weights"))
    if scores is not None:
        d = _given(digits, "scores")
        found["scores"] = _check_scores(bench, scores, d, found.get("weights"))
    return PaperCheck(found)


def _given(digits: int | Mapping[str, int] | None, of: Of) -> int | None:
    d = digits.get(of) if isinstance(digits, Mapping) else digits
    if d is not None and not (isinstance(d, int | np.integer) and 0 <= d <= 15):
        raise MethodError(f"digits = {d!r} of {of}", hint="the number of decimals, 0 to 15")
    return None if d is None else int(d)


# -- input -----------------------------------------------------------------------------------------


def _case(data: Any, directions: Any, period: Hashable | None, base: Hashable | None) -> Case:
    """Read the data; rows and columns are put in an order of their own."""
    frame = as_frame(data)
    if unlabelled(frame.index):
        unit, time = find_labels(frame.columns, required=False)
        if unit is not None:
            frame = by_rows(frame, unit, time, [])
    names = [str(c).strip() for c in frame.columns]
    bad = [n for n in dict.fromkeys(names) if names.count(n) > 1 or n in ("", "total")]
    if bad or not names:
        what = "stands twice, or cannot be the name of an indicator"
        raise DataError("columns", [Problem(repr(n), what, "rename it") for n in bad or [""]])
    codes = sorted(names)
    table = align(frame, Framework(tuple(Indicator(code=c) for c in codes)))
    if period is not None:
        if table.periods is None or table.slot is None or period not in table.periods:
            known = "none" if table.periods is None else ", ".join(map(str, table.periods))
            raise NotFoundError(f"no period {period!r}; there are {known}")
        table = table.take(table.slot == table.periods.index(period))
    if base is not None and (table.periods is None or base not in table.periods):
        known = "none" if table.periods is None else ", ".join(map(str, table.periods))
        raise NotFoundError(f"no base period {base!r}; there are {known}")
    slots = [0] * len(table.units) if table.slot is None else table.slot.tolist()
    order = sorted(range(len(slots)), key=lambda i: (str(table.units[i]), slots[i]))
    table = table.take(order)
    x = table.values
    problems = [
        Problem(codes[j], f"is missing for {table.row_name(i)}", "fill it, or leave the row out")
        for i, j in np.argwhere(np.isnan(x))[:20].tolist()
    ]
    problems += [
        Problem(codes[j], f"is {x[0, j]:g} in every row", "leave the column out")
        for j in np.flatnonzero(np.ptp(x, axis=0) == 0).tolist()
    ]
    if len(x) < 3:
        problems.append(Problem("rows", f"there are {len(x)}", "give three or more"))
    if problems:
        raise DataError("the data cannot be checked against published numbers", problems)
    sign = np.ones(len(codes))
    for code, value in _labelled(directions, codes, "directions").items():
        try:
            sign[codes.index(code)] = Direction.of(value).sign
        except ValueError as error:
            raise MethodError(f"direction of {code}: {error}") from None
        if not sign[codes.index(code)]:
            raise MethodError(
                f"direction of {code}: {value!r}",
                hint="'+' or '-'; turn a moderate one round first",
            )
    return Case(table, sign, base)


def _refuse_unlabelled(given: Any, what: str, by: str) -> None:
    if not isinstance(given, Mapping | pd.Series):
        raise DataError(
            f"{what} are not labelled",
            [Problem(what, f"is of type {type(given).__name__}", f"give a Series by {by}")],
        )


def _labelled(
    given: Any, codes: Sequence[str], what: str, *, whole: bool = False
) -> dict[str, Any]:
    """Return what is given by column; name labels that fit nothing and, if asked for, the lacking.

    Raises
    ------
    DataError
        Labels do not fit.
    """
    if given is None:
        return {}
    _refuse_unlabelled(given, what, "column")
    pairs = [(str(k).strip(), v) for k, v in given.items()]
    out = dict(pairs)
    problems = [
        Problem(k, f"is no column of the data{closest(k, list(codes))}", f"of {', '.join(codes)}")
        for k in out
        if k not in codes
    ]
    if len(out) < len(pairs):
        problems.append(Problem(what, "name a column twice", "keep one"))
    if whole:
        problems += [
            Problem(c, "is a column of the data and not named", "add it, or leave the column out")
            for c in codes
            if c not in out
        ]
    if problems:
        raise DataError(f"the labels of {what} and of the data do not fit", problems)
    return out


def _numbers(values: Sequence[Any], labels: Sequence[Any], what: str) -> Array:
    """Return published numbers as floats; name those that are none."""
    try:
        out = np.array([float(v) for v in values])
    except (TypeError, ValueError) as error:
        raise DataError(f"published {what} are not numbers ({error})") from None
    bad = np.flatnonzero(~np.isfinite(out))
    if bad.size:
        raise DataError(
            f"published {what} are not finite",
            [
                Problem(str(labels[i]), f"is {out[i]}", "correct or leave it out")
                for i in bad.tolist()
            ],
        )
    return out


def _decimals(values: Array) -> int:
    """Most decimals that any of the numbers is written with, at most ten."""
    exponents = [Decimal(repr(round(float(v), DIGITS))).normalize().as_tuple() for v in values]
    return max([0, *(-int(e.exponent) for e in exponents)])


# -- weights ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Found:
    """What was found about published weights or scores.

    Attributes
    ----------
    published : Series
    digits : int
        Decimals they were printed with.
    matches : tuple of Match
        Best first.
    local : bool
        Whether the weights were read as weights inside each group.
    tried : int
        Number of conventions carried out.
    left_out : dict of str
        Conventions that the data do not allow, and why.
    weights : DataFrame
        Of each indicator: ``published`` (where given), ``found`` (by the best match) and ``right``
        (by the sound convention in its place, or the nearest sound one).
    right : Text
        Name of that sound convention.
    """

    of: Of
    published: pd.Series[float]
    digits: int
    matches: tuple[Match, ...]
    tried: int
    left_out: Mapping[str, str]
    weights: pd.DataFrame
    right: Text
    remarks: tuple[Text, ...] = ()
    local: bool = False


def _check_weights(bench: Bench, given: Any, digits: int | None) -> Found:
    codes = bench.case.table.codes
    named = _labelled(given, codes, "weights", whole=True)
    p = _numbers([named[c] for c in codes], codes, "weights")
    d = _decimals(p) if digits is None else digits
    p, d, local, remarks = _read(p, d, bench.tiers)
    if local:
        bench = Bench(bench.case, replace(bench.tiers, local=True))
    allowed = tolerance(d)

    def look(b: Bench) -> list[Trial]:
        return [trial(r, w, p, allowed) for r, w in b.weighed()]

    trials = look(bench)
    tried = len(trials)
    if not any(t.agrees for t in trials):
        trials += shifted_trials(bench, p, allowed)
    if not any(t.agrees for t in trials):
        trials += reversed_trials(bench, min(t.difference for t in trials), look)
    published = pd.Series(p, pd.Index(codes, name="indicator"))
    matches = ranked(trials, published)
    table, right = _right(bench, matches, published)
    return Found(
        "weights", published, d, matches, tried, dict(bench.left_out), table, right, remarks, local
    )


def _read(p: Array, d: int, tiers: Tiers) -> tuple[Array, int, bool, tuple[Text, ...]]:
    """Weights as shares, their decimals, whether they are local, and what was read into them."""
    slack, out = p.size * tolerance(d), []
    sums = np.array([p[at].sum() for at in tiers.parts]) if len(tiers.parts) > 1 else p[:0]
    close = [s.size > 0 and bool((np.abs(s - 100) < 0.5).all()) for s in (sums, p.sum()[None])]
    if any(close):
        p, d, slack, sums = p / 100, d + 2, slack / 100, sums / 100
        out.append(Text("权重按百分数读取", "the weights are read as per cent"))
    local = sums.size > 0 and bool((np.abs(sums - 1) <= slack).all())
    if local:
        out.append(
            Text("各组权重之和为1：按组内权重处理", "they sum to one in each group: local weights")
        )
    elif abs(p.sum() - 1) > slack:
        out.append(Text(f"权重之和为{p.sum():.6g}", f"the weights sum to {p.sum():.6g}"))
    return p, d, local, tuple(out)


def _right(
    bench: Bench, matches: Sequence[Match], published: pd.Series[float] | None
) -> tuple[pd.DataFrame, Text]:
    """Weights as published, as found, and by the sound convention in place of the best match."""
    best = matches[0].recipe
    near = best if matches[0].agrees else next((m.recipe for m in matches if m.sound), best)
    codes = bench.case.table.codes
    columns = {} if published is None else {"published": published.to_numpy()}
    columns["found"] = bench.reading(best.turned).weights(best)
    here, right = bench.reading(near.turned), Text()
    try:
        sound = here.right(near)
        columns["right"] = here.weights(sound)
        right = Text(sound.weighing("zh"), sound.weighing("en"))
    except GzIndexError:  # the sound form cannot be carried out on these data
        pass
    return pd.DataFrame(columns, index=pd.Index(codes, name="indicator")), right


# -- scores ----------------------------------------------------------------------------------------


def _check_scores(bench: Bench, given: Any, digits: int | None, weights: Found | None) -> Found:
    rows, published = _scored(bench.case.table, given)
    y: Array = np.asarray(published, dtype=np.float64)
    d = _decimals(y) if digits is None else digits
    remarks: tuple[Text, ...] = ()
    if weights is not None and weights.local:
        weights = None
        remarks = (
            Text(
                "公布的是组内权重：得分按各种赋权方法核对",
                "the weights are local: scores are looked for under every way to weigh",
            ),
        )
    if weights is not None and weights.matches[0].agrees:
        bench = bench.reading(weights.matches[0].recipe.turned)
    tried = 0

    def look(b: Bench) -> list[Trial]:
        nonlocal tried
        out, count = nearest_scores(b, _sets(b, weights), rows, y, tolerance(d))
        tried = count if b is bench else tried
        return out

    trials = look(bench)
    if not any(t.agrees for t in trials):
        trials += reversed_trials(bench, min(t.difference for t in trials), look)
    # what the weights agree with tells more than the weights as printed
    known = {t.recipe.scoring for t in trials if t.agrees and t.recipe.weigh.code != "printed"}
    trials = [
        t for t in trials if t.recipe.weigh.code != "printed" or t.recipe.scoring not in known
    ]
    matches = ranked(trials, published)
    if weights is None:
        table, right = _right(bench, matches, None)
    else:
        table, right = weights.weights, weights.right
    return Found(
        "scores", published, d, matches, tried, dict(bench.left_out), table, right, remarks
    )


def _scored(table: Table, given: Any) -> tuple[NDArray[np.intp], pd.Series[float]]:
    """Rows that have a published score, and the scores."""
    _refuse_unlabelled(given, "scores", "row")
    pairs = list(given.items())
    index = table.index
    problems = []
    keys = [k for k, _ in pairs]
    where = {k: i for i, k in enumerate(index)}
    form = f"labels are like {index[0]!r}"
    problems += [Problem(repr(k), "is no row of the data", form) for k in keys if k not in where]
    if len(set(keys)) < len(keys):
        problems.append(Problem("scores", "name a row twice", "keep one"))
    if len(keys) < 3 and not problems:
        problems.append(Problem("scores", f"there are {len(keys)}", "give three or more"))
    if problems:
        raise DataError("the labels of scores and of the data do not fit", problems[:20])
    by_row = sorted((where[k], v, k) for k, v in pairs)
    rows = np.array([i for i, _, _ in by_row], dtype=np.intp)
    y = _numbers([v for _, v, _ in by_row], [k for _, _, k in by_row], "scores")
    if np.ptp(y) == 0:
        raise DataError("the published scores are all the same", [Problem("scores", f"{y[0]:g}")])
    return rows, pd.Series(y, index[rows])


def _sets(bench: Bench, weights: Found | None) -> tuple[list[Recipe], Array, float]:
    """Weights (K, m) that scores are looked for with, and the rounding of the first."""
    if weights is None:
        kept = distinct(sorted(bench.weighed(), key=lambda t: not t[0].sound))
        return [r for r, _ in kept], np.array([w for _, w in kept]), 0.0
    p: Array = np.asarray(weights.published, dtype=np.float64)
    printed = Convention(
        code="printed", name=Text("公布的权重", "the printed weights"), formula="w as printed",
        run=lambda z, c: p,
    )  # fmt: skip
    good = [m for m in weights.matches if m.agrees]
    recipes = [Recipe(printed, turned=bench.turned), *(m.recipe for m in good)]
    tables = np.array([p, *(m.values.to_numpy() for m in good)])
    return recipes, tables, tolerance(weights.digits)


# -- the result ------------------------------------------------------------------------------------

_HEADS = {
    "of": "对象", "convention": "代码", "name": "做法", "difference": "最大偏差",
    "rank_correlation": "秩相关", "agrees": "在舍入内一致", "sound": "正确", "fitted": "拟合个数",
    "remark": "说明", "also": "结果相同的做法",
}  # fmt: skip
_YES = {True: "是", False: "否"}


@dataclass(frozen=True, eq=False, repr=False)
class PaperCheck:
    """Which conventions reproduce published numbers; see :func:`check_paper`.

    Attributes
    ----------
    found : dict of Found
        By ``"weights"`` and ``"scores"``, as far as they were published.
    """

    found: Mapping[str, Found]

    @property
    def best(self) -> Match:
        """The first match, of the scores where scores were given."""
        return self.found["scores" if "scores" in self.found else "weights"].matches[0]

    @property
    def outcomes(self) -> dict[str, str]:
        """``one`` convention agrees within rounding, ``several`` do, or ``none``; of each part."""
        out = {}
        for of, f in self.found.items():
            agree = sum(m.agrees for m in f.matches)
            out[of] = "none" if not agree else "one" if agree == 1 else "several"
        return out

    @property
    def weights(self) -> pd.DataFrame:
        """Weights ``published``, ``found`` by the best match, and ``right`` by a sound one."""
        return next(iter(self.found.values())).weights

    @property
    def table(self) -> pd.DataFrame:
        """Every convention, best first; see :meth:`to_frame`."""
        return self.to_frame()

    @property
    def verdict(self) -> Text:
        """What was found, in words."""
        said = [verdict(f) for f in self.found.values()]
        return Text("".join(t.zh for t in said), " ".join(t.en for t in said))

    def to_frame(self, lang: Lang = "en") -> pd.DataFrame:
        """Return every convention, best first.

        Columns are what it is held against (``of``), code and name of the convention, the largest
        absolute ``difference``, Spearman's ``rank_correlation`` (missing where all the numbers are
        equal), whether it ``agrees`` within rounding and is ``sound``, how many things were
        ``fitted``, a ``remark``, and the codes of conventions that give the same (``also``).
        """
        rows = [
            {
                "of": f.of if lang == "en" else NOUN[f.of],
                "convention": m.code,
                "name": m.name.get(lang),
                "difference": m.difference,
                "rank_correlation": m.correlation,
                "agrees": m.agrees,
                "sound": m.sound,
                "fitted": m.fitted,
                "remark": m.remark.get(lang),
                "also": "; ".join(m.also),
            }
            for f in self.found.values()
            for m in f.matches
        ]
        out = pd.DataFrame(rows)
        if lang == "en":
            return out
        yes = {c: out[c].map(_YES) for c in ("agrees", "sound")}
        return out.assign(**yes).rename(columns=_HEADS)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Lang) -> tuple[str, ...]:
        """Return the notes in one language."""
        said = (t.get(lang) for f in self.found.values() for t in notes(f))
        return tuple(dict.fromkeys(said))

    def __repr__(self) -> str:
        table = self.to_frame()[["of", "convention", "difference", "rank_correlation", "agrees"]]
        body = table.groupby("of", sort=False).head(10).to_string(index=False)
        return f"{self.verdict.en}\n{body}" + "".join(f"\n- {n}" for n in self.notes)

    def _repr_html_(self) -> str:
        table = self.to_frame().drop(columns=["also", "fitted"])
        shown = table.groupby("of", sort=False).head(15)
        items = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return (
            f"<p><b>{html.escape(self.verdict.zh)}</b></p><p><b>{html.escape(self.verdict.en)}</b>"
            f"</p>{shown.to_html(index=False, escape=True)}<ul>{items}</ul>"
        )
