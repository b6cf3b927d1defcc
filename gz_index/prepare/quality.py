"""How well gaps are filled: known cells are hidden, filled in, and held against what they were."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import GzIndexError, MethodError, said_of
from gz_index.framework import Framework, Indicator, Text
from gz_index.prepare.base import Sheet
from gz_index.prepare.impute import Impute
from gz_index.table import align, as_frame

__all__ = ["OUTCOMES", "Quality", "agreement", "quality"]

#: what may be said of a row of figures
OUTCOMES: Mapping[str, Text] = {
    "ok": Text("正常", "ok"),
    "few": Text("不足两个单元格", "fewer than two cells were filled"),
    "constant": Text("实际值或填补值没有差异", "what was hidden, or filled in, does not vary"),
}


def agreement(predicted: Array, observed: Array) -> dict[str, Any]:
    r"""Return how well P predicts O: R2, RMSE, MAE, index of agreement, bias, n, and an outcome.

    R2 is the squared correlation, :math:`RMSE = \sqrt{\sum (P - O)^2 / n}`,
    :math:`MAE = \sum |P - O| / n`, :math:`bias = \sum (P - O) / n`, and
    :math:`d_k = 1 - \sum |P - O|^k / \sum (|P - \bar O| + |O - \bar O|)^k` for k = 1, 2.

    Parameters
    ----------
    predicted, observed : (n,)

    Notes
    -----
    With fewer than two cells nothing but n is given (outcome ``few``); where either side does not
    vary there is no R2 (``constant``), and no d if neither does. A rounding error is no variation.

    References
    ----------
    Willmott, C. J. (1981). On the validation of models. Physical Geography 2, 184-194.
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, step 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> a = agreement(np.array([2.0, 2, 5]), np.array([1.0, 3, 5]))
    >>> [round(a[k], 4) for k in ("r2", "rmse", "mae", "d1", "d2", "bias")]
    [0.75, 0.8165, 0.6667, 0.75, 0.9231, 0.0]
    """
    n = observed.size
    names = ("r2", "rmse", "mae", "d1", "d2", "bias")
    if n < 2:
        return dict.fromkeys(names, np.nan) | {"n": n, "outcome": "few"}
    e, centre = predicted - observed, observed.mean()
    spread = np.abs(predicted - centre) + np.abs(observed - centre)
    unit = max(np.abs(predicted).max(), np.abs(observed).max()) or 1.0
    tiny = 1e-12 * unit
    varied = np.ptp(predicted) > tiny and np.ptp(observed) > tiny
    p, o = (predicted - predicted.mean()) / unit, (observed - centre) / unit
    there = bool(spread.max() > tiny)
    return {
        "r2": float((p @ o) ** 2 / ((p @ p) * (o @ o))) if varied else np.nan,
        "rmse": float(np.sqrt(np.mean(e * e))),
        "mae": float(np.abs(e).mean()),
        "d1": float(1 - np.abs(e).sum() / spread.sum()) if there else np.nan,
        "d2": float(1 - np.sum((e / unit) ** 2) / np.sum((spread / unit) ** 2))
        if there
        else np.nan,
        "bias": float(e.mean()),
        "n": n,
        "outcome": "ok" if varied else "constant",
    }


def quality(
    data: Any,
    steps: Impute | Sequence[Impute] | Mapping[str, Impute],
    *,
    share: float = 0.1,
    repeats: int = 20,
    seed: int = 0,
) -> Quality:
    """Hide known cells at random, fill them in, and say how near each method comes.

    All methods face the same cells. Cells are taken from the columns that every step fills; a
    column keeps two known cells, and a row one where there are several columns. Values that an
    earlier step filled in are not hidden. It tells of cells that are missing at random: for those
    that are missing because of what they would say, no method can be tested.

    Parameters
    ----------
    data : DataFrame or Sheet
        Columns are indicators, rows units or (unit, period).
    steps : Impute, or several, or a mapping of names to them
        They may leave cells open here (``rest="keep"``); those are counted.
    share : float in (0, 1)
        Of the known cells, hidden in each repeat.
    repeats, seed : int

    Raises
    ------
    MethodError
        An argument is not valid; a method cannot be used on what is left: it is named.

    Examples
    --------
    >>> import gz_index as gz
    >>> data = gz.data("desi-2022").iloc[:, :6]
    >>> q = quality(data, [Impute(method="mean"), Impute(method="em")])
    >>> q.ranking["method"].tolist()
    ['impute(em)', 'impute(mean)']
    """
    sheet = data if isinstance(data, Sheet) else _sheet(data)
    named = _steps(steps)
    if not 0 < share < 1 or repeats < 1:
        raise MethodError(f"share = {share}, repeats = {repeats}", hint="in (0, 1); at least 1")
    at = [j for j in range(len(sheet.codes)) if all(j in s.at(sheet) for s in named.values())]
    if not at:
        raise MethodError("no column is filled by every step", hint="compare steps by column")
    rng = np.random.default_rng(seed)
    where: list[NDArray[np.intp]] = []
    found: dict[str, list[Array]] = {name: [] for name in named}
    short = False
    for repeat in range(repeats):
        cells = _hidden(sheet, at, share, rng)
        short |= cells.sum() < round(share * _known(sheet)[:, at].sum())
        values = sheet.values.copy()
        values[cells] = np.nan
        less = sheet.with_values(values)
        where.append(np.argwhere(cells))
        for name, step in named.items():
            try:
                filled = step.apply(less, step.fit(less))
            except GzIndexError as error:
                raise said_of(f"{name}, repeat {repeat + 1}", error) from error
            found[name].append(filled.values[cells])
    place = np.concatenate(where)
    if not place.size:
        raise MethodError("no cell can be hidden", hint="a column keeps two known cells, a row one")
    observed = sheet.values[place[:, 0], place[:, 1]]
    predicted = {name: np.concatenate(v) for name, v in found.items()}
    unit = np.array([np.nanstd(sheet.values[:, j]) for j in range(len(sheet.codes))])
    table = _table(sheet, at, place[:, 1], observed, predicted, unit)
    ranking = _ranking(place[:, 1], observed, predicted, unit)
    return Quality(table, ranking, share, repeats, seed, bool(short))


def _sheet(data: Any) -> Sheet:
    frame = as_frame(data)
    f = Framework(tuple(Indicator(code=str(c)) for c in frame.columns))
    return Sheet(align(frame, f), f)


def _steps(steps: Any) -> dict[str, Impute]:
    if isinstance(steps, Mapping):
        named = dict(steps)
    else:
        several = [steps] if isinstance(steps, Impute) else list(steps)
        named = {s.label: s for s in several}
        if len(named) < len(several):
            raise MethodError("two steps have the same label", hint="name them: {name: step}")
    if not named:
        raise MethodError("there is no step to try", hint="Impute(method=...)")
    return {name: replace(s, rest="keep") for name, s in named.items()}


def _known(sheet: Sheet) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(sheet.values) & ~sheet.imputed)


def _hidden(
    sheet: Sheet, at: list[int], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Cells (n, m) to hide: at random, while a column keeps two known ones and a row one."""
    there = ~np.isnan(sheet.values)
    rows, columns = there.sum(axis=1), there.sum(axis=0)
    known = np.zeros_like(there)
    known[:, at] = _known(sheet)[:, at]
    want, out = round(share * known.sum()), np.zeros_like(there)
    for i, j in rng.permutation(np.argwhere(known)).tolist():
        if want and (rows[i] > 1 or len(columns) == 1) and columns[j] > 2:
            out[i, j], want = True, want - 1
            rows[i] -= 1
            columns[j] -= 1
    return out


def _table(
    sheet: Sheet,
    at: list[int],
    column: NDArray[np.intp],
    observed: Array,
    predicted: Mapping[str, Array],
    unit: Array,
) -> pd.DataFrame:
    rows = []
    for name, p in predicted.items():
        full = ~np.isnan(p)
        for j in at:
            mine = column == j
            a = agreement(p[mine & full], observed[mine & full])
            rows.append(
                {
                    "method": name,
                    "indicator": sheet.codes[j],
                    **a,
                    "unfilled": int((mine & ~full).sum()),
                    "rmse_sd": a["rmse"] / unit[j] if unit[j] > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows).set_index(["method", "indicator"])


def _ranking(
    column: NDArray[np.intp], observed: Array, predicted: Mapping[str, Array], unit: Array
) -> pd.DataFrame:
    """Over all indicators, in standard deviations, on the cells that every method fills."""
    common = np.all([~np.isnan(p) for p in predicted.values()], axis=0) & (unit[column] > 0)
    sums = np.bincount(column[common], observed[common], unit.size)
    centre = sums / np.maximum(np.bincount(column[common], minlength=unit.size), 1)

    def scaled(v: Array) -> Array:
        return np.asarray((v[common] - centre[column[common]]) / unit[column[common]])

    rows = [
        {
            "method": name,
            **agreement(scaled(p), scaled(observed)),
            "unfilled": int(np.isnan(p).sum()),
        }
        for name, p in predicted.items()
    ]
    out = pd.DataFrame(rows).sort_values("rmse", kind="stable", ignore_index=True)
    out.insert(0, "rank", out["rmse"].rank(method="min").astype("Int64"))
    return out


@dataclass(frozen=True, eq=False, repr=False)
class Quality:
    """How near methods of imputation come to cells that were hidden; see :func:`quality`.

    Attributes
    ----------
    table : DataFrame
        For each method and indicator: ``r2``, ``rmse``, ``mae``, ``d1``, ``d2``, ``bias`` in the
        unit of the indicator (see :func:`agreement`), ``n`` cells, ``outcome``, cells left
        ``unfilled``, and ``rmse_sd``, RMSE over the standard deviation of the indicator.
    ranking : DataFrame
        The same over all indicators, best RMSE first: each measured from the mean of its hidden
        cells, in its standard deviations, on the cells that every method fills.
    share, repeats, seed
        As asked for.
    short : bool
        Whether fewer cells than asked for could be hidden.
    """

    table: pd.DataFrame = field(repr=False)
    ranking: pd.DataFrame
    share: float
    repeats: int
    seed: int
    short: bool

    def to_frame(self) -> pd.DataFrame:
        """Return the ranking."""
        return self.ranking

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        out = [
            Text(
                f"{self.repeats}次随机隐藏{self.share:.0%}的已知单元格；假定缺失是随机的",
                f"{self.share:.0%} of the known cells were hidden at random, {self.repeats} times; "
                "it holds for cells that are missing at random",
            )
        ]
        if self.short:
            out.append(
                Text(
                    "为使每列保留两个、每行保留一个已知值，隐藏的单元格少于要求",
                    "fewer were hidden than asked for: a column keeps two known cells, a row one",
                )
            )
        left = self.ranking.loc[self.ranking["unfilled"] > 0, ["method", "unfilled"]]
        out += [Text(f"{m}：{n}个未填补", f"{m} left {n} of them open") for m, n in left.to_numpy()]
        return tuple(t.get(lang) for t in out)

    def __repr__(self) -> str:
        body = self.ranking.to_string(index=False, float_format=lambda v: f"{v:.4f}")
        return f"quality of imputation\n{body}" + "".join(f"\n- {n}" for n in self.notes)

    def _repr_html_(self) -> str:
        body = self.ranking.to_html(index=False, float_format=lambda v: f"{v:.4f}", escape=True)
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return f"<p><b>quality of imputation</b></p>{body}<ul>{notes}</ul>"
