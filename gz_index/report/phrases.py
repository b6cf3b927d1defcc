"""What each method is called and computes, in both languages, with its references.

Letters: x raw data, y oriented (bigger is better), z normalised, w weights; i rows, j indicators or
the children of a group, S score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gz_index.framework import Text
from gz_index.normalise import Distance, Efficacy, MinMax, Normaliser, Ratio, ZScore

__all__ = [
    "AGGREGATES",
    "COMBINED",
    "JUDGED",
    "NORMALISED",
    "STEPS",
    "WEIGHED",
    "Phrase",
    "aggregate_formula",
    "normalise_formulas",
    "normalise_name",
    "weight_formula",
]


@dataclass(frozen=True)
class Phrase:
    """Name of a method, its formula (raw LaTeX) if it has one, and keys of its references."""

    zh: str
    en: str
    formula: str = ""
    refs: tuple[str, ...] = ()

    @property
    def name(self) -> Text:
        """The name in both languages."""
        return Text(self.zh, self.en)


NORMALISED: dict[str, Phrase] = {
    "minmax": Phrase("极差标准化", "min-max scaling", refs=("oecd2008",)),
    "goalposts": Phrase("固定上下限标准化", "scaling between fixed goalposts", refs=("oecd2008",)),
    "zscore": Phrase("均值—标准差标准化", "standardisation to z-scores", refs=("oecd2008",)),
    "rank": Phrase("名次标准化", "ranking", "z_{ij} = R_{ij}", ("oecd2008",)),
    "percentile-rank": Phrase("百分位名次", "percentile ranks", r"z_{ij} = (R_{ij} - 1) / (n - 1)"),
    "borda": Phrase("博尔达计分", "Borda points", "z_{ij} = R_{ij} - 1"),
    "distance-to-reference": Phrase(
        "与参照值的距离", "distance to a reference", refs=("oecd2008",)
    ),
    "ratio": Phrase("比值标准化", "ratios", refs=("hwang1981",)),
    "categorical": Phrase("百分位分档", "percentile classes", refs=("oecd2008",)),
    "above-mean": Phrase("高于或低于均值", "above or below the mean", refs=("oecd2008",)),
    "efficacy": Phrase("功效系数法", "efficacy scores"),
    "log-efficacy": Phrase(
        "对数功效函数法",
        "logarithmic efficacy scores",
        r"z_{ij} = 100\,\frac{\ln x_{ij} - \ln x_j^l}{\ln x_j^h - \ln x_j^l}",
        ("guo2020",),
    ),
    "ampi": Phrase(
        "调整的马齐奥塔—帕雷托标度变换",
        "re-scaling of the adjusted Mazziotta-Pareto index",
        r"z_{ij} = 60\,\frac{y_{ij} - \mathrm{Ref}_j}{\max_i y_{ij} - \min_i y_{ij}} + 100",
        ("mazziotta2016",),
    ),
    "base-index": Phrase("定基指数", "index on a base period"),
}

WEIGHED: dict[str, Phrase] = {
    "equal": Phrase("等权", "equal weights", r"w_j = 1/k"),
    "given": Phrase("定义中给定的权重", "weights given in the definition"),
    "entropy": Phrase(
        "熵值法",
        "entropy weights",
        r"p_{ij} = \frac{z_{ij}}{\sum_i z_{ij}}, \quad"
        r" e_j = -\frac{1}{\ln n} \sum_i p_{ij} \ln p_{ij}, \quad"
        r" w_j = \frac{1 - e_j}{\sum_j (1 - e_j)}",
        ("shannon1948",),
    ),
    "cv": Phrase(
        "变异系数法",
        "coefficient-of-variation weights",
        r"v_j = s_j / \bar z_j, \quad w_j = v_j / \sum_j v_j",
    ),
    "std": Phrase(
        "均方差法",
        "standard-deviation weights",
        r"w_j = \sigma_j / \sum_j \sigma_j",
        ("diakoulaki1995",),
    ),
    "gini": Phrase(
        "基尼系数赋权法",
        "Gini-coefficient weights",
        r"G_j = \frac{\sum_i \sum_r |z_{ij} - z_{rj}|}{2 n^2 \bar z_j}, \quad"
        r" w_j = G_j / \sum_j G_j",
    ),
    "scatter-degree": Phrase(
        "纵横向拉开档次法",
        "scatter-degree weights",
        r"\max_w \; w' H w \quad \text{s.t. } \lVert w \rVert = 1,\; w \ge 0",
    ),
    "critic": Phrase(
        "CRITIC法",
        "CRITIC weights",
        r"C_j = \sigma_j \sum_l (1 - r_{jl}), \quad w_j = C_j / \sum_j C_j",
        ("diakoulaki1995",),
    ),
    "merec": Phrase(
        "MEREC法",
        "MEREC weights",
        r"w_j \propto \sum_i |S'_{ij} - S_i|",
        ("keshavarz2021",),
    ),
    "cilos": Phrase(
        "CILOS法",
        "CILOS weights",
        r"\sum_j P_{lj} q_j = q_l \sum_j P_{jl}, \quad w_l = q_l,\; \sum_l q_l = 1",
        ("zavadskas2016",),
    ),
    "idocriw": Phrase(
        "IDOCRIW法",
        "IDOCRIW weights",
        r"w_j = q_j W_j / \sum_j q_j W_j",
        ("zavadskas2016",),
    ),
    "lopcow": Phrase(
        "LOPCOW法",
        "LOPCOW weights",
        r"w_j \propto \left| \ln \frac{\sqrt{\sum_i u_{ij}^2 / n}}{\sigma_j} \right|",
        ("ecer2022",),
    ),
    "pca": Phrase(
        "主成分分析赋权",
        "principal-component weights",
        r"w_j = \sum_k s_k v_{jk}^2, \quad s_k = \lambda_k / \sum_{l \le r} \lambda_l",
        ("jolliffe2002",),
    ),
    "factor": Phrase(
        "因子分析赋权（方差最大旋转）",
        "factor-analysis weights (varimax rotation)",
        r"a_{jk} = l_{jk}^2 / \sum_j l_{jk}^2, \quad w_j \propto a_{j,k(j)} s_{k(j)}",
        ("oecd2008", "nicoletti2000"),
    ),
    "unobserved-components": Phrase(
        "不可观测成分模型赋权",
        "weights of the unobserved-components model",
        r"w_j = \sigma_j^{-2} / \sum_j \sigma_j^{-2}",
        ("kaufmann1999",),
    ),
}

COMBINED: dict[str, Phrase] = {
    "linear": Phrase("线性组合", "linear combination", r"w = \sum_l \alpha_l w^{(l)}"),
    "multiplicative": Phrase(
        "乘法组合", "multiplicative combination", r"w_j \propto \prod_l w_j^{(l)}"
    ),
    "relative-entropy": Phrase(
        "最小相对信息熵组合",
        "combination by least relative entropy",
        r"w_j \propto \Big(\prod_l w_j^{(l)}\Big)^{1/L}",
    ),
    "game-theory": Phrase(
        "博弈论组合",
        "game-theory combination",
        r"w = \sum_l \alpha_l w^{(l)}",
    ),
    "least-squares": Phrase(
        "最小二乘组合",
        "least-squares combination",
        r"\min_w \sum_i \sum_j \sum_l \big((w_j - w_j^{(l)}) z_{ij}\big)^2",
    ),
    "max-deviation": Phrase(
        "离差最大化组合",
        "maximum-deviation combination",
        r"w = \sum_l \alpha_l w^{(l)}, \quad"
        r" \alpha_l \propto \sum_j w_j^{(l)} \sum_i \sum_r |z_{ij} - z_{rj}|",
    ),
}

JUDGED: dict[str, Phrase] = {
    "ahp": Phrase("层次分析法", "the analytic hierarchy process", refs=("saaty1980",)),
    "bwm": Phrase("最优最劣法", "the best-worst method", refs=("rezaei2015",)),
    "g1": Phrase("序关系分析法", "order-relation analysis"),
    "rank": Phrase("排序赋权", "rank-order weights"),
    "budget": Phrase("预算分配法", "budget allocation", refs=("oecd2008",)),
    "given": Phrase("直接给定的权重", "weights stated directly"),
}

AGGREGATES: dict[str, Phrase] = {
    "arithmetic": Phrase(
        "加权算术平均", "the weighted arithmetic mean", r"S_i = \sum_j w_j z_{ij}"
    ),
    "geometric": Phrase(
        "加权几何平均", "the weighted geometric mean", r"S_i = \prod_j z_{ij}^{w_j}"
    ),
    "harmonic": Phrase(
        "加权调和平均", "the weighted harmonic mean", r"S_i = 1 / \sum_j (w_j / z_{ij})"
    ),
    "power": Phrase("加权幂平均", "the weighted power mean"),
    "mean-min": Phrase("均值—最小值函数", "the mean-min function", refs=("casadio2013",)),
    "owa": Phrase(
        "有序加权平均",
        "the ordered weighted average",
        r"S_i = \sum_j v_j z_{i(j)}",
        ("yager1988",),
    ),
    "mpi": Phrase("马齐奥塔—帕雷托指数", "the Mazziotta-Pareto index", refs=("mazziotta2016",)),
    "topsis": Phrase(
        "逼近理想解排序法（TOPSIS）",
        "TOPSIS, closeness to the ideal",
        refs=("hwang1981",),
    ),
    "wroclaw": Phrase(
        "弗罗茨瓦夫发展测度",
        "the taxonomic measure of development (Wroclaw)",
        r"S_i = 1 - \frac{d_i}{\bar d + 2 s_d}, \quad"
        r" d_i = \sqrt{\textstyle\sum_j w_j (z_{ij} - z_j^+)^2}",
        ("hellwig1968",),
    ),
    "grey-relational": Phrase(
        "灰色关联度",
        "the grey relational grade",
        refs=("deng1989",),
    ),
    "rsr": Phrase("秩和比", "the rank-sum ratio", r"S_i = \frac1n \sum_j w_j R_{ij}"),
    "borda": Phrase("加权博尔达计分", "the weighted Borda count", r"S_i = \sum_j w_j (R_{ij} - 1)"),
    "copeland": Phrase(
        "科普兰得分",
        "the Copeland score",
        r"S_a = \#\{b: e_{ab} > \tfrac12\} - \#\{b: e_{ab} < \tfrac12\}",
        ("munda2009",),
    ),
    "kemeny": Phrase("凯梅尼排序", "the Kemeny order", refs=("young1978",)),
    "bod": Phrase(
        "疑点利益法（数据包络）",
        "the benefit of the doubt",
        r"S_i = \max_{w \ge 0} \sum_j w_j z_{ij} \quad \text{s.t. }"
        r" \sum_j w_j z_{rj} \le 1 \text{ for all } r",
        ("cherchye2007",),
    ),
}

STEPS: dict[str, Phrase] = {
    "screen": Phrase("数据筛选", "screening"),
    "denominate": Phrase("除以规模变量", "denomination"),
    "deflate": Phrase("价格平减", "deflation"),
    "impute": Phrase("缺失值插补", "imputation"),
    "treat": Phrase("离群值处理", "treatment of outliers"),
}


# -- formulas that depend on options ---------------------------------------------------------------


def _num(value: float) -> str:
    return f"{value:.10g}"


def normalise_name(n: Normaliser) -> Phrase | None:
    """Return the phrase of a normaliser, None of one that is not ours."""
    key = "goalposts" if isinstance(n, MinMax) and n.window == "goalposts" else n.method
    return NORMALISED.get(key)


def normalise_formulas(n: Normaliser, signs: set[int]) -> list[str]:
    """Return the formulas of a normaliser for the directions that occur."""
    if isinstance(n, MinMax):
        return _minmax(n, signs)
    if isinstance(n, ZScore):
        m, s = (n.mean, n.sd)
        scaled = f"{_num(m)} + {_num(s)}\\," if (m, s) != (0.0, 1.0) else ""
        root = r"\sqrt{\frac{1}{n%s} \sum_i (y_{ij} - \bar y_j)^2}" % (" - 1" if n.ddof else "")
        return [rf"z_{{ij}} = {scaled}\frac{{y_{{ij}} - \bar y_j}}{{s_j}}, \quad s_j = {root}"]
    if isinstance(n, Ratio):
        divisor = {
            "mean": r"\bar u_j",
            "max": r"\max_i u_{ij}",
            "sum": r"\sum_i u_{ij}",
            "norm": r"\sqrt{\sum_i u_{ij}^2}",
        }[n.to]
        turned = r", \quad u_{ij} = 1/x_{ij}\ \text{(less is better)}" * (-1 in signs)
        return [rf"z_{{ij}} = u_{{ij}} / {divisor}, \quad u_{{ij}} = x_{{ij}}{turned}"]
    if isinstance(n, Efficacy):
        return [_efficacy(n)]
    if isinstance(n, Distance):
        return [
            {
                "ratio": r"z_{ij} = x_{ij} / x_j^{\mathrm{ref}}",
                "difference": r"z_{ij} = (y_{ij} - y_j^{\mathrm{ref}}) / |y_j^{\mathrm{ref}}|",
                "range": r"z_{ij} = \frac{y_{ij} - \min_i y_{ij}}"
                r"{y_j^{\mathrm{ref}} - \min_i y_{ij}}",
            }[n.form]
        ] + [r"z_{ij} = x_j^{\mathrm{ref}} / x_{ij} \quad \text{(less is better)}"] * (
            n.form == "ratio" and -1 in signs
        )
    if n.method == "base-index":
        to = _num(n.to)  # type: ignore[attr-defined]
        up, down = (rf"z_{{it}} = {to}\, {r}" for r in ("x_{it} / x_{i0}", "x_{i0} / x_{it}"))
        return [f for f, s in ((up, 1), (down, -1)) if s in signs]
    if n.method == "above-mean":
        p = _num(n.threshold)  # type: ignore[attr-defined]
        high, low = rf"x_{{ij}} > (1 + {p})\, \bar x_j", rf"x_{{ij}} < (1 - {p})\, \bar x_j"
        cases = r"z_{ij} = \begin{cases} 1 & %s \\ -1 & %s \\ 0 & \text{ else } \end{cases}"
        turned = r" \quad \text{(less is better)}"
        both = ((1, cases % (high, low)), (-1, cases % (low, high) + turned))
        return [f for s, f in both if s in signs]
    found = NORMALISED.get(n.method)
    return [found.formula] if found and found.formula else []


def _minmax(n: MinMax, signs: set[int]) -> list[str]:
    a, b = n.to
    start = f"{_num(a)} + " if a else ""
    scaled = "" if (a, b) == (0.0, 1.0) else f"{start}{_num(b - a)}\\,"
    out = []
    if 1 in signs:
        out.append(rf"z_{{ij}} = {scaled}\frac{{x_{{ij}} - L_j}}{{U_j - L_j}}")
    if -1 in signs:
        out.append(
            rf"z_{{ij}} = {scaled}\frac{{U_j - x_{{ij}}}}{{U_j - L_j}}"
            r" \quad \text{(less is better)}"
        )
    if 0 in signs:
        body = r"1 - \max\Big(0, \frac{p_j - x_{ij}}{c_j^-}, \frac{x_{ij} - q_j}{c_j^+}\Big)"
        body = rf"\Big({body}\Big)" if scaled else body
        out.append(rf"z_{{ij}} = {scaled}{body} \quad \text{{(best in }}[p_j, q_j])")
    return out


def _efficacy(n: Efficacy) -> str:
    c, q = _num(n.floor), _num(n.span)
    u = r"\frac{x_{ij} - x_j^s}{x_j^h - x_j^s}"
    if n.curve == "exponential":
        rate = rf"B = \ln\frac{{{c} + {q}}}{{{c}}}"
        return rf"z_{{ij}} = {c}\, e^{{B u_{{ij}}}}, \quad {rate}, \quad u_{{ij}} = {u}"
    if n.curve == "logarithmic":
        u = r"\frac{\ln x_{ij} - \ln x_j^s}{\ln x_j^h - \ln x_j^s}"
    elif n.curve == "power":
        a = _num(n.exponent or 0.0)
        u = rf"\frac{{x_{{ij}}^{{{a}}} - (x_j^s)^{{{a}}}}}{{(x_j^h)^{{{a}}} - (x_j^s)^{{{a}}}}}"
    return rf"z_{{ij}} = {c} + {q}\,{u}"


def weight_formula(name: str, options: Mapping[str, Any]) -> str:
    """Return the formula of a scheme with the options that were used."""
    if name == "critic" and options.get("conflict") == "absolute":
        return r"C_j = \sigma_j \sum_l (1 - |r_{jl}|), \quad w_j = C_j / \sum_j C_j"
    if name == "pca" and options.get("form") == "coefficients":
        return (
            r"c_j = \sum_k s_k v_{jk}, \quad s_k = \lambda_k / \sum_{l \le r} \lambda_l, \quad"
            r" w_j = c_j / \sum_j c_j"
        )
    found = WEIGHED[name].formula
    if name == "entropy" and options.get("shift"):
        c = _num(options["shift"])
        share = rf"p_{{ij}} = \frac{{z_{{ij}} + {c}}}{{\sum_i (z_{{ij}} + {c})}}"
        return share + found[found.index(r", \quad e_j") :]
    return found


_POWERS: tuple[tuple[Callable[[float], bool], str], ...] = (
    (lambda r: r == 0, r"S_i = \prod_j z_{ij}^{w_j}"),
    (lambda r: r == np.inf, r"S_i = \max_{j: w_j > 0} z_{ij}"),
    (lambda r: r == -np.inf, r"S_i = \min_{j: w_j > 0} z_{ij}"),
)


def aggregate_formula(name: str, options: Mapping[str, Any]) -> str:
    """Return the formula of an aggregator with the options that were used."""
    if name == "power":
        r = float(options["exponent"])
        special = next((f for fits, f in _POWERS if fits(r)), "")
        e = _num(r)
        return special or rf"S_i = \Big(\sum_j w_j z_{{ij}}^{{{e}}}\Big)^{{1/({e})}}"
    if name == "mean-min":
        a, b = (_num(options[k]) for k in ("a", "b"))
        root = rf"\sqrt{{(M_i - m_i)^2 + {b}^2}} - {b}" if options["b"] else "M_i - m_i"
        return rf"S_i = M_i - {a} \big({root}\big)"
    if name == "mpi":
        sign = options["penalty"]
        return rf"S_i = M_i {sign} \frac{{\sigma_i^2}}{{M_i}}"
    if name == "topsis":
        power = "w_j^2" if options["weigh"] == "matrix" else "w_j"
        root = rf"\sqrt{{\textstyle\sum_j {power} (z_{{ij}} - z_j^\pm)^2}}"
        return rf"S_i = \frac{{D_i^-}}{{D_i^+ + D_i^-}}, \quad D_i^\pm = {root}"
    if name == "grey-relational":
        rho = _num(options["rho"])
        return (
            r"S_i = \sum_j w_j \xi_{ij}, \quad \xi_{ij} = \frac{\min\min\Delta"
            rf" + {rho} \max\max\Delta}}{{\Delta_{{ij}} + {rho} \max\max\Delta}}"
        )
    return AGGREGATES[name].formula
