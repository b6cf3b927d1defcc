"""What a check of a paper says: its verdict and its notes, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gz_index.auditing.matching import spearman, tolerance
from gz_index.framework import Text

if TYPE_CHECKING:
    from gz_index.auditing.paper import Found

__all__ = ["DIGITS", "NOUN", "notes", "verdict"]

NOUN = {"weights": "权重", "scores": "得分"}
#: decimals that are looked at for rounding
DIGITS = 10


def verdict(f: Found) -> Text:
    """Say which convention gives the published numbers, and whether it is sound."""
    best, agree = f.matches[0], [m for m in f.matches if m.agrees]
    zh, en, d = NOUN[f.of], f.of, f.digits
    if not agree:
        no_order = np.isnan(best.correlation)
        r = "" if no_order else f"{best.correlation:.2f}"
        sound = f.right if not best.sound else Text()
        return Text(
            f"所试{f.tried}种做法在{d}位小数上均不能再现{zh}；最接近的是：{best.name.zh}，"
            f"最大偏差{best.difference:.2g}"
            + ("" if no_order else f"，秩相关{r}")
            + (f"；最接近的正确赋权做法是：{sound.zh}。" if sound else "。"),
            f"None of the {f.tried} conventions tried reproduces the {en} to {d} decimals; the "
            f"nearest is {best.name.en}, off by up to {best.difference:.2g}"
            + ("" if no_order else f" (rank correlation {r})")
            + (f"; the nearest sound way to weigh is {sound.en}." if sound else "."),
        )
    if len(agree) == 1:
        said = Text(
            f"再现{zh}（{d}位小数一致）的做法是：{best.name.zh}。",
            f"The {en} are reproduced, to {d} decimals, by {best.name.en}.",
        )
    else:
        shown, more = agree[:5], len(agree) - 5
        said = Text(
            f"{len(agree)}种做法在{d}位小数上都能再现{zh}，无法区分："
            + "；".join(m.name.zh for m in shown)
            + (f"；另{more}种。" if more > 0 else "。"),
            f"{len(agree)} conventions reproduce the {en} to {d} decimals and cannot be told "
            "apart: " + "; ".join(m.name.en for m in shown)
            + (f"; and {more} more." if more > 0 else "."),
        )  # fmt: skip
    if not best.sound:
        said = Text(
            f"{said.zh}这是错误的：{best.remark.zh}。",
            f"{said.en} This is a mistake: {best.remark.en}.",
        )
    elif best.remark:
        said = Text(f"{said.zh}注意：{best.remark.zh}。", f"{said.en} Note: {best.remark.en}.")
    right = _right_words(f)
    return Text(said.zh + right.zh, f"{said.en} {right.en}".strip())


def _right_words(f: Found) -> Text:
    """Say the right weights where they are not those published."""
    t = f.weights
    if (f.of == "scores" and "published" in t) or "right" not in t:
        return Text()
    held = t["published"] if "published" in t else t["found"]
    gap = float((t["right"] - held).abs().max())
    if gap <= tolerance(f.digits if f.of == "weights" else DIGITS):
        return Text()
    top = t["right"].sort_values(ascending=False, kind="stable").head(8)
    values = ", ".join(f"{c} {v:.{max(f.digits, 4)}f}" for c, v in top.items())
    values += ", ..." if len(t) > len(top) else ""
    r = spearman(t["right"].to_numpy()[None, :], held.to_numpy())[0]
    zh = "" if np.isnan(r) else f"，秩相关{r:.2f}"
    en = "" if np.isnan(r) else f", rank correlation {r:.2f}"
    best = f.matches[0]
    if best.sound:
        head = Text("不作平移时", "Without the shift")
    else:
        head = Text("正确的权重", "The right ones")
    return Text(
        f"{head.zh}（{f.right.zh}）：{values}；最大相差{gap:.4f}{zh}。",
        f"{head.en} ({f.right.en}): {values}; off by up to {gap:.4f}{en}.",
    )


def notes(f: Found) -> list[Text]:
    """Say what a reader of the verdict has to know."""
    out = list(f.remarks)
    first = f.matches[0]
    if first.agrees and first.fitted:
        out.append(
            Text(
                f"{first.fitted}项系拟合公布的数字得出",
                f"{first.fitted} thing(s) in it were fitted to the published numbers",
            )
        )
    if f.of == "weights" and len(f.published) < 5:
        out.append(
            Text(
                f"只有{len(f.published)}个权重：一致可能出于巧合",
                f"there are {len(f.published)} weights only: agreement may be chance",
            )
        )
    if f.left_out:
        code, why = next(iter(f.left_out.items()))
        out.append(
            Text(
                f"{len(f.left_out)}种做法不适用于这些数据，未计入，如{code}",
                f"{len(f.left_out)} conventions cannot be carried out on these data, e.g. {code}: "
                f"{why}",
            )
        )
    return out
