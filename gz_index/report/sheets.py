"""What the sheets of the workbook are called, their words, colours and parameters."""

from __future__ import annotations

from gz_index.framework import Text

__all__ = ["FILLS", "LEGEND", "PARAMETERS", "SHEETS", "TRANSFORMS", "WORDS"]

SHEETS = {
    "about": Text("说明", "about"),
    "received": Text("收到的数据", "received"),
    "raw": Text("原始数据", "raw"),
    "transformed": Text("变换", "transformed"),
    "bounds": Text("标准化参数", "bounds"),
    "normalised": Text("标准化", "normalised"),
    "weights": Text("权重", "weights"),
    "scores": Text("得分", "scores"),
    "ranking": Text("排名", "ranking"),
    "changes": Text("改动的单元格", "changes"),
}
WORDS = {
    "unit": Text("评价对象", "unit"),
    "period": Text("时期", "period"),
    "parameter": Text("参数", "parameter"),
    "sign": Text(
        "方向（1越大越好，-1越小越好，0区间最优）", "direction (1, -1; 0 interval is best)"
    ),
    "worst": Text("最差值", "worst"),
    "best": Text("最优值", "best"),
    "low": Text("最优区间下限", "best interval from"),
    "high": Text("最优区间上限", "best interval to"),
    "below": Text("下侧跨度", "span below"),
    "above": Text("上侧跨度", "span above"),
    "mean": Text("均值（正向化后）", "mean (oriented)"),
    "sd": Text("标准差", "standard deviation"),
    "a": Text("标度下限或中心", "scale: from, or centre"),
    "b": Text("标度上限、跨度或基期值", "scale: to, or spread, or base value"),
    "constant": Text("不变指标的取值", "value of a constant indicator"),
    "parent": Text("上级", "parent"),
    "local": Text("组内权重", "local weight"),
    "global": Text("总权重", "global weight"),
    "coverage": Text("覆盖率下限", "least coverage"),
    "rank": Text("名次", "rank"),
    "total": Text("总指数", "index"),
    "library": Text("gz_index算得", "by gz_index"),
    "difference": Text("差", "difference"),
    "missing": Text("缺失", "missing"),
}
LEGEND = {
    "input": Text("黄底：输入值，可改动", "yellow: an input, which may be changed"),
    "imputed": Text("橙底：插补值，批注中有来历", "orange: imputed, see the comment"),
    "changed": Text("紫底：处理过的值，批注中有原值", "purple: treated, see the comment"),
    "missing": Text("灰底：缺失", "grey: missing"),
}
FILLS = {"input": "FFF9DB", "imputed": "F8CBAD", "changed": "E4DFEC", "missing": "D9D9D9"}
#: transforms of a cell as a spreadsheet has them
TRANSFORMS = {
    "log": "LN({x})",
    "log10": "LOG10({x})",
    "log1p": "LN(1+{x})",
    "sqrt": "SQRT({x})",
    "logit": "LN({x}/(1-{x}))",
}
#: rows of the sheet of bounds
PARAMETERS = (
    *("sign", "worst", "best", "low", "high", "below", "above"),
    *("mean", "sd", "a", "b", "constant"),
)
