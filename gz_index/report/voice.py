"""What every paragraph on methods is made with: words, references, numbered formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gz_index.framework import ROOT, Lang
from gz_index.index import Source
from gz_index.report.citations import CITATIONS

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["Voice", "plain"]

#: words inside formulas, in Chinese
_IN_FORMULAS = {
    "(less is better)": "（逆向指标）",
    "(best in }": "（最优区间 }",
    r"\text{ where }": r"\text{ 若 }",
    r"\text{ else }": r"\text{ 否则 }",
    r"\text{ for all }": r"\text{，对所有 }",
    r"\text{s.t. }": r"\text{满足 }",
}


@dataclass
class Voice:
    """Collects sentences, formulas and references in the order in which they come up."""

    result: IndexResult
    lang: Lang
    formulas: list[str] = field(default_factory=list)
    cited: dict[str, Source] = field(default_factory=dict)

    def say(self, zh: str, en: str) -> str:
        """Return the words of the language."""
        return zh if self.lang == "zh" else en

    def cite(self, *keys: str | Source) -> str:
        """Note references, and return their keys in brackets."""
        shown = []
        for key in keys:
            source = key if isinstance(key, Source) else self.known(CITATIONS[key])
            self.cited.setdefault(source.key, source)
            shown.append(f"[{source.key}]")
        joined = "".join(shown)
        return f" {joined}" if joined and self.lang == "en" else joined

    def known(self, source: Source) -> Source:
        """The definition's own entry for the same work, if it has one."""
        doi = source.fields.get("doi")
        own = (s for s in self.result.index.sources if doi and s.fields.get("doi") == doi)
        return next(own, source)

    def numbered(self, formulas: Iterable[str]) -> str:
        """Number formulas, and return the numbers; a formula that was there keeps its own."""
        at = []
        for formula in formulas:
            shown = formula
            if self.lang == "zh":
                for en, zh in _IN_FORMULAS.items():
                    shown = shown.replace(en, zh)
            if shown not in self.formulas:
                self.formulas.append(shown)
            at.append(self.formulas.index(shown) + 1)
        if not at:
            return ""
        marks = [f"({k})" for k in dict.fromkeys(at)]
        return self.say(f"，见式{'、'.join(marks)}", f", equation {', '.join(marks)}")

    def named(self, codes: Sequence[str]) -> str:
        """Names of nodes, at most eight of them."""
        f = self.result.index.framework
        names = [
            self.say("总指数", "the index") if c == ROOT else f.name(c, self.lang) for c in codes
        ]
        more = len(names) - 8
        shown = self.say("、", ", ").join(names[:8])
        return shown + (self.say(f"等{len(names)}个", f" and {more} more") if more > 0 else "")

    def options(self, options: Mapping[str, Any]) -> str:
        """Options with their values, in brackets."""
        shown = ", ".join(f"{k} = {plain(v)}" for k, v in options.items())
        return self.say(f"（选项：{shown}）", f" (options: {shown})") if shown else ""

    def foreign(self, name: str) -> str:
        """Name a method that is not of this package."""
        return self.say(
            f"插件方法“{name}”（不属于gz_index，公式见其文档）",
            f"the plug-in method {name!r} (not part of gz_index; see its documentation)",
        )


def plain(value: Any) -> str:
    """Return the value of an option as it is printed."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(plain(v) for v in value) + ")"
    return str(value)
