"""Conventions in print: ways to normalise, weigh and score, the right ones and the faulty ones.

Right forms are the functions of :mod:`gz_index.normalise`, :mod:`gz_index.weighting` and
:mod:`gz_index.aggregate`. Faulty forms stand here only, each with what is wrong with it; they
cannot be named in a definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gz_index import weighting as w_
from gz_index._arrays import Array
from gz_index.aggregate import geometric, topsis
from gz_index.errors import MethodError
from gz_index.framework import Direction, Framework, Indicator, Text
from gz_index.normalise import fit, normaliser
from gz_index.table import Table
from gz_index.weighting.entropy import entropy_stata_ln_t
from gz_index.weighting.pca import varimax

__all__ = ["SHIFTS", "Case", "Convention", "normalisations", "scorings", "weightings"]

#: numbers added before the logarithm, by family of normalisation; of z-scores "min" is the least
#: value turned round, plus 0.01
SHIFTS: Mapping[str, tuple[float | Literal["min"], ...]] = {
    "interval": (0.0, 1e-4, 1e-3, 0.01, 0.1, 1.0),
    "ratio": (0.0,),
    "zscore": (3.0, 4.0, 5.0, "min"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One step of an index as somebody computes it.

    Attributes
    ----------
    code : str
    name : Text
        zh and en.
    formula : str
    sound : bool
        False if it is a mistake; ``remark`` then says what is wrong.
    remark : Text
        What a reader should know of it.
    instead : str
        Code of the right form of a faulty one.
    on : str
        Of a normalisation its family (interval, ratio, zscore, raw); of a weighting the families or
        codes that it is tried on, empty if it does not look at the numbers; of a way to score
        ``shift`` if numbers above zero are needed.
    """

    code: str
    name: Text
    formula: str
    sound: bool = True
    remark: Text = field(default_factory=Text)
    instead: str = ""
    on: str = ""
    run: Callable[..., Array] = field(repr=False, compare=False)


class Case:
    """Data in one reading of the directions.

    Attributes
    ----------
    table : Table
    sign : (m,)
        +1 or -1.
    slot : (n,) or None
        Period of each row; None if there are fewer than two.
    """

    def __init__(self, table: Table, sign: Array, base: Any = None) -> None:
        self.table, self.sign, self.base = table, sign, base
        self.slot: NDArray[np.intp] | None = None
        if table.periods is not None and len(table.periods) > 1:
            self.slot = table.slot

    @property
    def x(self) -> Array:
        """Raw data (n, m)."""
        return self.table.values

    @property
    def negative(self) -> NDArray[np.bool_]:
        """Indicators of which less is better."""
        return self.sign < 0

    def normal(self, spec: dict[str, Any], x: Array | None = None) -> Array:
        """Normalise by the library; ``x`` (n, m) are other data, of which more is better."""
        sign = self.sign if x is None else np.ones_like(self.sign)
        table = self.table if x is None else replace(self.table, values=x)
        f = Framework(
            tuple(
                Indicator(code=c, direction=Direction(int(s)))
                for c, s in zip(table.codes, sign, strict=True)
            )
        )
        return fit(table, f, normaliser(spec)).apply(table)[0]

    def reciprocal(self) -> Array:
        """Raw data with 1/x where less is better."""
        if (self.x[:, self.negative] <= 0).any():
            raise MethodError("1/x needs numbers above zero where less is better")
        return np.where(self.negative, 1.0 / np.where(self.negative, self.x, 1.0), self.x)

    def difference(self) -> Array:
        """Raw data with max - x where less is better."""
        return np.where(self.negative, self.x.max(axis=0) - self.x, self.x)


# -- normalisation ---------------------------------------------------------------------------------

_UNORIENTED = Text(
    "方向被忽略，负向指标越差得分越高", "directions are ignored: the worst is rewarded"
)
_RATIOS = {
    "sum": (Text("求和归一化", "shares of the sum"), "x / sum x"),
    "norm": (Text("向量归一化", "vector norm"), "x / sqrt(sum x^2)"),
    "max": (Text("最大值法", "ratio to the maximum"), "x / max x"),
    "mean": (Text("均值化", "ratio to the mean"), "x / mean x"),
}


def normalisations(case: Case) -> list[Convention]:
    """Return the ways to normalise that can be told apart on these data."""
    out = [
        _minmax("pooled", "全部行的极差标准化", "min-max over all rows", code="minmax"),
        Convention(
            code="minmax-matrix",
            name=Text("整张表的极差标准化", "min-max over the whole table"),
            formula="z = (x - min of table) / (max of table - min of table)",
            sound=False,
            remark=Text(
                "最小值、最大值取自整张表，量纲大的指标掩盖其余",
                "minimum and maximum are of the whole table, so that the unit of a column counts",
            ),
            instead="minmax",
            on="interval",
            run=lambda c: _matrix(c),
        ),
        *(
            Convention(
                code=f"zscore-{d}",
                name=Text(f"Z分数（除以{('n', 'n-1')[d]}）", f"z-scores with divisor {n}"),
                formula=f"z = (x - mean) / s, ddof = {d}; negative: -z",
                on="zscore",
                run=partial(_spec, {"method": "zscore", "ddof": d}),
            )
            for d, n in ((1, "n - 1"), (0, "n"))
        ),
        *(
            Convention(
                code=to, name=name, formula=f"z = {f}; negative: 1/x", on="ratio",
                run=partial(_spec, {"method": "ratio", "to": to}),
            )
            for to, (name, f) in _RATIOS.items()
        ),
        Convention(
            code="raw",
            name=Text("未标准化的原始数据", "raw data"),
            formula="z = x",
            sound=False,
            remark=Text("结果随计量单位而变", "the result changes with the unit of measurement"),
            instead="minmax",
            on="raw",
            run=lambda c: c.x,
        ),
    ]  # fmt: skip
    if case.slot is not None:
        flat = Text(
            "各年之间的水平不可比，增长被抹去",
            "levels cannot be compared across periods; growth is erased",
        )
        beyond = Text("以后各年可超出[0, 1]", "later values may leave [0, 1]")
        out[1:1] = [
            _minmax("period", "分年极差标准化", "min-max within each period", remark=flat),
            _minmax("base", "基期极差标准化", "min-max of the base period", remark=beyond),
        ]
    return [*out, *_of_negatives()] if case.negative.any() else out


def _of_negatives() -> list[Convention]:
    """What else is done to indicators of which less is better."""
    out = [
        Convention(
            code="minmax-twice",
            name=Text("方向处理两次的极差标准化", "min-max with the direction taken twice"),
            formula="negative: y = 1/x, then z = (max y - y) / (max y - min y)",
            sound=False,
            remark=Text(
                "负向指标先取倒数又按负向公式标准化，方向被转回",
                "negative indicators are inverted and then normalised as negative again: the "
                "worst is rewarded",
            ),
            instead="minmax",
            on="interval",
            run=lambda c: _spec({"method": "minmax"}, _with(c, c.reciprocal())),
        ),
        Convention(
            code="minmax-reciprocal",
            name=Text("取倒数后的极差标准化", "min-max after 1/x of negative indicators"),
            formula="negative: x' = 1/x, then as positive",
            remark=Text("倒数改变分布形状", "1/x changes the shape of the distribution"),
            on="interval",
            run=lambda c: c.normal({"method": "minmax"}, c.reciprocal()),
        ),
    ]
    forms: list[tuple[str, dict[str, Any], Text]] = [
        ("minmax", {"method": "minmax"}, Text("极差标准化", "min-max")),
        ("zscore-1", {"method": "zscore", "ddof": 1}, Text("Z分数", "z-scores")),
        *((to, {"method": "ratio", "to": to}, name) for to, (name, _) in _RATIOS.items()),
    ]
    for code, spec, name in forms:
        family = str(spec["method"])
        out.append(
            Convention(
                code=f"{code}-unoriented",
                name=Text(f"忽略方向的{name.zh}", f"{name.en}, directions ignored"),
                formula="every indicator as positive",
                sound=False,
                remark=_UNORIENTED,
                instead=code,
                on="interval" if family == "minmax" else family,
                run=lambda c, s=spec: c.normal(s, c.x),
            )
        )
        if family == "ratio":
            out.append(
                Convention(
                    code=f"{code}-difference",
                    name=Text(f"负向取max - x的{name.zh}", f"{name.en}, negative as max - x"),
                    formula="negative: x' = max x - x, then as positive",
                    on="ratio",
                    run=lambda c, s=spec: c.normal(s, c.difference()),
                )
            )
    return out


def _minmax(
    window: str, zh: str, en: str, *, code: str = "", remark: Text | None = None
) -> Convention:
    return Convention(
        code=code or f"minmax-{window}",
        name=Text(zh, en),
        formula="z = (x - min) / (max - min); negative: (max - x) / (max - min)",
        remark=remark or Text(),
        on="interval",
        run=partial(_spec, {"method": "minmax", "window": window}),
    )


def _spec(spec: dict[str, Any], case: Case) -> Array:
    if spec.get("window") == "base" and case.base is not None:
        spec = {**spec, "base": case.base}
    return case.normal(spec)


def _with(case: Case, x: Array) -> Case:
    return Case(replace(case.table, values=x), case.sign)


def _matrix(case: Case) -> Array:
    low, high = case.x.min(), case.x.max()
    return np.asarray(np.where(case.negative, high - case.x, case.x - low) / (high - low))


# -- weights ---------------------------------------------------------------------------------------


def weightings(case: Case) -> list[Convention]:
    """Return the ways to weigh; ``run(z, case)`` gives numbers (m,), as a rule of sum one."""
    return [*_entropies(case), *_spreads(), *_components()]


def _scheme(
    code: str, zh: str, en: str, formula: str, on: str, run: Any, **more: Any
) -> Convention:
    return Convention(code=code, name=Text(zh, en), formula=formula, on=on, run=run, **more)


def _plain(function: Callable[..., Array], **options: Any) -> Callable[[Array, Case], Array]:
    return lambda z, case: function(z, **options)


#: normalisations under which correlations differ, but for their signs; and with them
_SHAPES = "minmax minmax-period minmax-reciprocal"
_ORIENTED = _SHAPES + " minmax-unoriented"
_ENTROPY_ON = "interval ratio zscore"


def _entropies(case: Case) -> list[Convention]:
    rows = "n T" if case.slot is not None else "n"
    wrong = partial(_scheme, on=_ENTROPY_ON, sound=False, instead="entropy")
    reverse = Text(
        "熵值大于1，1 - e为负，负负相除掩盖了错误，权重次序颠倒",
        "entropies exceed 1, 1 - e is negative, and the quotient of two negative numbers hides it: "
        "the order of the weights is reversed",
    )
    out = [
        _scheme(
            "entropy", f"熵值法（k = 1/ln({rows})）", f"entropy weights with k = 1/ln({rows})",
            f"w ~ 1 - H/ln({rows})", _ENTROPY_ON, _plain(w_.entropy),
        ),
        wrong(
            "entropy-ln-m", "k = 1/ln(指标数)的熵值法",
            "entropy weights with k = 1/ln(number of indicators)", "w ~ 1 - H/ln m",
            run=lambda z, c: entropy_stata_ln_t(z, periods=z.shape[1]),
            remark=Text("k用了指标个数而非行数", "k is taken from the columns, not from the rows"),
        ),
        wrong(
            "entropy-no-constant", "未除以ln的熵值法", "entropy weights without the constant k",
            "w ~ 1 - H", run=lambda z, c: _sum_one(1.0 - _h(z)), remark=reverse,
        ),
        wrong(
            "entropy-share", "以熵值本身为权重", "weights in proportion to entropy itself",
            "w ~ e", run=lambda z, c: _sum_one(_h(z)),
            remark=Text(
                "权重应与1 - e成比例，这里次序颠倒",
                "weights should follow 1 - e: their order is reversed",
            ),
        ),
    ]  # fmt: skip
    if case.slot is None:
        return out
    periods, units = int(case.slot.max()) + 1, len(set(case.table.units))
    out[1:1] = [
        wrong(
            "entropy-ln-T", "k = 1/ln T的熵值法", "entropy weights with k = 1/ln T",
            "w ~ 1 - H/ln T",
            run=lambda z, c: entropy_stata_ln_t(z, periods=periods),
            remark=Text(
                f"对{case.slot.size}行求和却除以年数的对数：" + reverse.zh,
                f"the sum runs over {case.slot.size} rows but is divided by the logarithm of the "
                "number of periods; " + reverse.en,
            ),
        ),
        wrong(
            "entropy-ln-n", "k = 1/ln n的面板熵值法", "entropy weights with k = 1/ln n, n units",
            "w ~ 1 - H/ln n", run=lambda z, c: entropy_stata_ln_t(z, periods=units),
            remark=Text(
                f"对{case.slot.size}行求和却除以单位数的对数",
                f"the sum runs over {case.slot.size} rows but is divided by the logarithm of the "
                "number of units",
            ),
        ),
        _scheme(
            "entropy-by-period", "分年熵值法权重的平均", "entropy weights of each period, averaged",
            "w = mean over t of w_t", _ENTROPY_ON, _by_period,
            remark=Text(
                "各年权重不同，平均数不是任何一年的权重",
                "weights differ by period; their mean is the set of none of them",
            ),
        ),
    ]  # fmt: skip
    return out


def _h(z: Array) -> Array:
    return w_.entropy_values(z) * float(np.log(len(z)))


def _by_period(z: Array, case: Case) -> Array:
    slot = case.slot if case.slot is not None else np.zeros(len(z), dtype=np.intp)
    return np.asarray(
        np.mean([w_.entropy(z[slot == t]) for t in range(int(slot.max()) + 1)], axis=0)
    )


def _spreads() -> list[Convention]:
    every = "interval ratio zscore raw"
    opposed = Text("相关系数取绝对值", "opposed indicators count as repeating each other")
    return [
        _scheme("equal", "等权", "equal weights", "w = 1/m", "", _plain(w_.equal)),
        _scheme("critic", "CRITIC", "CRITIC", "w ~ s sum(1 - r)", every,
                _plain(w_.critic, scale=None)),
        _scheme("critic-absolute", "CRITIC（|r|）", "CRITIC with |r|", "w ~ s sum(1 - |r|)", every,
                _plain(w_.critic, scale=None, conflict="absolute"), remark=opposed),
        _scheme("critic-spearman", "CRITIC（Spearman）", "CRITIC with Spearman's r",
                "w ~ s sum(1 - rho)", _SHAPES,
                _plain(w_.critic, scale=None, correlation="spearman")),
        _scheme(
            "critic-mixed", "方差除数不一的CRITIC", "CRITIC with mixed divisors",
            "r = cov (n - 1) / (s s) (n)", every, _critic_mixed, sound=False, instead="critic",
            remark=Text(
                "协方差除以n - 1而标准差除以n，相关系数大于1",
                "covariances are divided by n - 1 and deviations by n: correlations exceed 1",
            ),
        ),
        _scheme("cv", "变异系数法", "coefficients of variation", "w ~ s / |mean|",
                "interval ratio", _plain(w_.cv)),
        _scheme("std", "标准差（均方差）法", "standard deviations", "w ~ s", "interval ratio raw",
                _plain(w_.std, scale=None)),
        _scheme("gini", "基尼系数法", "Gini coefficients", "w ~ G", "interval ratio",
                _plain(w_.gini)),
        _scheme("scatter-degree", "纵横向拉开档次法", "scatter degree", "max w'Hw", _SHAPES,
                _plain(w_.scatter_degree)),
    ]  # fmt: skip


def _critic_mixed(z: Array, case: Case) -> Array:
    n = len(z)
    r = np.corrcoef(z.T) * n / (n - 1)
    return _sum_one(z.std(axis=0) * (1 - np.atleast_2d(r)).sum(axis=0))


_RETAINED: tuple[tuple[str, dict[str, Any], Text], ...] = (
    ("kaiser", {"retain": "kaiser"}, Text("特征根大于1", "eigenvalues above 1")),
    ("first", {"retain": 1}, Text("只取第一主成分", "the first component only")),
    ("80", {"retain": "variance", "variance": 0.8}, Text("累计80%", "80 % of the variance")),
    ("85", {"retain": "variance", "variance": 0.85}, Text("累计85%", "85 % of the variance")),
    ("handbook", {"retain": "handbook"}, Text("手册规则", "the Handbook's rule")),
)


def _components() -> list[Convention]:
    sign = Text(
        "成分的正负号任意；第二成分起有负系数，权重可为负",
        "the signs of components are arbitrary, and later ones have negative coefficients",
    )
    out = []
    for code, how, kept in _RETAINED:
        for part, zh, en, formula, run, more in (
            ("pca-coefficients", "主成分系数按方差贡献加权（SPSS教程）",
             "PCA recipe of the SPSS tutorials",
             "c = sum_k (l / sqrt(lambda)) share_k, w = c / sum c",
             lambda p: _sum_one(p.coefficients @ p.shares), {"remark": sign}),
            ("pca-score", "主成分综合得分系数（未归一）", "coefficients of the PCA score",
             "c = sum_k (l / sqrt(lambda)) share_k", lambda p: p.coefficients @ p.shares,
             {"remark": Text("系数之和不为1，不是权重", "they do not sum to one: no weights")}),
            ("pca-squared", "主成分系数平方", "squared PCA coefficients",
             "w = sum_k share_k v^2", lambda p: p.coefficients**2 @ p.shares, {}),
            ("pca-loadings", "载荷未除以特征根平方根的主成分权重",
             "PCA recipe with undivided loadings", "c = sum_k l share_k, w = c / sum c",
             lambda p: _sum_one(p.loadings @ p.shares),
             {"sound": False, "instead": f"pca-coefficients-{code}",
              "remark": Text("载荷没有除以特征根的平方根",
                             "loadings are not divided by the root of the eigenvalue")}),
            ("pca-absolute", "主成分系数取绝对值", "PCA recipe with absolute coefficients",
             "c = sum_k |v| share_k, w = c / sum c",
             lambda p: _sum_one(np.abs(p.coefficients) @ p.shares),
             {"sound": False, "instead": f"pca-squared-{code}",
              "remark": Text("负系数被当作正的", "negative coefficients are taken as positive")}),
        ):  # fmt: skip
            out.append(
                _scheme(f"{part}-{code}", f"{zh}，{kept.zh}", f"{en}, {kept.en}", formula,
                        _ORIENTED, partial(_of_pca, run, how), **more)
            )  # fmt: skip
            if part == "pca-coefficients" and code != "first":
                out += [
                    _scheme(
                        f"{part}-{code}-turned-{which.replace(', ', '-')}",
                        f"{zh}，{kept.zh}，第{which}成分反号",
                        f"{en}, {kept.en}, component {which} turned",
                        formula, _ORIENTED, partial(_of_pca, partial(_turned, turned), how),
                        sound=False, instead=f"{part}-{code}",
                        remark=Text("成分的正负号取自软件，未按指标方向确定",
                                    "signs are as a program left them, against the indicators"),
                    )
                    for turned in _subsets(4)
                    for which in [", ".join(str(k + 1) for k in turned)]
                ]  # fmt: skip
    for code, how, kept in _RETAINED:
        if code in ("kaiser", "handbook"):
            out += [
                _scheme(
                    f"factor-{code}" + ("" if norm else "-plain"),
                    f"旋转载荷平方（OECD手册），{kept.zh}" + ("" if norm else "，不作Kaiser标准化"),
                    f"squared rotated loadings of the OECD Handbook, {kept.en}"
                    + ("" if norm else ", without Kaiser's normalisation"),
                    "w ~ l^2 / sum l^2 of the own factor, times its share", _SHAPES,
                    _plain(w_.factor, kaiser_normalise=norm, **how),
                )
                for norm in (True, False)
            ]  # fmt: skip
    out.append(
        _scheme(
            "pca-rotated", "旋转特征向量的主成分权重", "varimax of the eigenvectors",
            "V rotated, w = sum_k share_k v^2", _SHAPES,
            partial(_of_pca, lambda p: varimax(p.coefficients) ** 2 @ p.shares, {}),
            sound=False, instead="factor-kaiser",
            remark=Text("应旋转载荷；方差份额取自旋转之前",
                        "loadings should be rotated, and shares taken after rotation"),
        )
    )  # fmt: skip
    return out


def _of_pca(run: Callable[[Any], Array], how: dict[str, Any], z: Array, case: Case) -> Array:
    return np.asarray(run(w_.principal_components(z, **how)))


def _subsets(components: int) -> list[tuple[int, ...]]:
    """Non-empty sets of components after the first, by position."""
    choice = product((False, True), repeat=components - 1)
    return [s for c in choice if (s := tuple(k + 1 for k, on in enumerate(c) if on))]


def _turned(turned: tuple[int, ...], p: Any) -> Array:
    if max(turned) >= p.retained:
        raise MethodError(f"{p.retained} components are retained")
    sign = np.ones(p.retained)
    sign[list(turned)] = -1.0
    return _sum_one((p.coefficients * sign) @ p.shares)


def _sum_one(raw: Array) -> Array:
    """Divide by the sum as a careless program would: single numbers may stay negative."""
    total = raw.sum()
    if abs(total) < 1e-9 * np.abs(raw).sum():
        raise MethodError("the numbers sum to zero and cannot be scaled")
    return np.asarray(raw / total)


# -- scores ----------------------------------------------------------------------------------------


def scorings() -> list[Convention]:
    """Return the ways to score; ``run(z, w)`` takes w (K, m) and gives scores (K, n)."""
    out = [
        Convention(
            code="sum",
            name=Text("加权和", "weighted sum"),
            formula="S = sum w z",
            run=lambda z, w: w @ z.T,
        ),
        Convention(
            code="geometric",
            name=Text("加权几何平均", "weighted geometric mean"),
            formula="S = prod z^w",
            on="shift",
            run=geometric,
        ),
    ]
    weighs: tuple[Literal["matrix", "distance"], ...] = ("matrix", "distance")
    ideals: tuple[Literal["sample", "unit"], ...] = ("sample", "unit")
    for weigh, ideal in product(weighs, ideals):
        inside = weigh == "matrix"
        zh = ("权重乘入矩阵" if inside else "加权距离") + (
            "" if ideal == "sample" else "、理想点为1"
        )
        en = ("weights inside the matrix" if inside else "weighted distance") + (
            "" if ideal == "sample" else ", ideal (1, ..., 1)"
        )
        out.append(
            Convention(
                code=f"topsis-{weigh}" + ("" if ideal == "sample" else "-unit"),
                name=Text(f"TOPSIS（{zh}）", f"TOPSIS, {en}"),
                formula=f"D = sqrt(sum {'w^2' if inside else 'w'} (z - z*)^2), C = D- / (D+ + D-)",
                run=partial(topsis, weigh=weigh, ideal=ideal),
            )
        )
    return out
