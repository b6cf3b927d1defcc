"""The paragraphs on methods: data, preparation, normalising, weights, aggregation, versions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np

from gz_index._version import __version__
from gz_index.aggregate import AGGREGATORS
from gz_index.aggregate.rule import Aggregate
from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import ROOT, Text
from gz_index.index import Source
from gz_index.normalise import Elementwise, MinMax, Normaliser, Part, fit
from gz_index.report import phrases
from gz_index.report.citations import software
from gz_index.report.grids import period_text
from gz_index.report.voice import Voice
from gz_index.weighting import SCHEMES
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import Weight

__all__ = ["Paragraphs"]

_SHOWN = 19  # characters of a hash in the text; references have all of them


class Paragraphs(Voice):
    """Says step by step what a result shows of its making, in the order in which it was made."""

    def all(self) -> list[list[str]]:
        """Return the sentences of every paragraph that has some."""
        parts = [self.data(), self.preparation(), self.normalising(), self.weighting()]
        return [p for p in (*parts, self.aggregation(), self.provenance()) if p]

    def data(self) -> list[str]:
        """Units, periods, indicators, tree, sources."""
        r, i, f = self.result, self.result.index, self.result.index.framework
        c, name = r.counts, i.name.get(self.lang) or i.id
        own = Source(
            key=i.id,
            title=i.name.get(self.lang) or i.id,
            author=i.author,
            fields={"version": i.version, "note": self.hash and i.hash},
        )
        m, groups = len(f.codes), len(f.groups) - 1
        panel = r.table.periods is not None
        zh_time = en_time = ""
        if panel and r.table.periods:
            first, last = (period_text(r.table.periods[k]) for k in (0, -1))
            span = (
                f"{first}" if first == last else self.say(f"{first}—{last}", f"{first} to {last}")
            )
            zh_time = f"、{c['periods']}个时期（{span}，共{c['rows']}行）"
            en_time = f" in {_count(c['periods'], 'period')} ({span}; {c['rows']} rows)"
        ref = self.cite(own)
        zh_tree = f"，归入{groups}个分组" if groups else ""
        en_tree = f" in {_count(groups, 'group')}" if groups else ""
        out = [
            self.say(
                f"指数“{name}”（{i.id}，版本{i.version}）{ref}由{m}项指标计算{zh_tree}，"
                f"涵盖{c['units']}个评价对象{zh_time}。",
                f'The index "{name}" ({i.id}, version {i.version}){ref} was computed for '
                f"{_count(c['units'], 'unit')}{en_time} from {_count(m, 'indicator')}{en_tree}.",
            )
        ]
        signs = [x.direction.sign for x in f.indicators]
        up, down, mid = (signs.count(s) for s in (1, -1, 0))
        zh = [f"正向{up}项"] * (up > 0) + [f"逆向{down}项"] * (down > 0)
        zh += [f"适度{mid}项"] * (mid > 0)
        en = [f"more is better for {up}"] * (up > 0) + [f"less for {down}"] * (down > 0)
        en += [f"an interval is best for {mid}"] * (mid > 0)
        out.append(self.say(f"指标方向：{'、'.join(zh)}。", f"Directions: {', '.join(en)}."))
        if i.sources:
            keys = self.cite(*i.sources)
            out.append(
                self.say(f"定义所列的数据与方法来源：{keys}。", f"Sources that it names:{keys}.")
            )
        return out

    def preparation(self) -> list[str]:
        """Steps as they were done, and what became of missing cells."""
        r, out = self.result, []
        if r.prepared is None:
            out.append(
                self.say("指数定义不含预处理步骤。", "The definition has no steps of preparation.")
            )
        else:
            for k, (s, found) in enumerate(
                zip(r.prepared.steps, r.prepared.fitted, strict=True), start=1
            ):
                phrase = phrases.STEPS.get(s.kind)
                name = phrase.name.get(self.lang) if phrase else self.foreign(s.kind)
                said = [t.get(self.lang) for t in s.said(found)]
                said = said or [self.say("未改动任何单元格", "nothing was changed")] * (
                    s.kind in ("impute", "treat")
                )
                refs = self.cite(*_step_refs(s))
                body = self.say("；", "; ").join(said)
                out.append(
                    self.say(
                        f"预处理第{k}步：{name}{refs}" + (f"，{body}。" if body else "。"),
                        f"Preparation, step {k}: {name}{refs}" + (f"; {body}." if body else "."),
                    )
                )
            filled = int(r.prepared.after.imputed.sum())
            gone = len(r.prepared.after.left)
            out.append(
                self.say(
                    f"共插补{filled}个单元格，剔除{gone}个评价对象或指标。",
                    f"In all, {filled} cells were imputed and {gone} units or indicators left out.",
                )
            )
        return [*out, *self.gaps()]

    def gaps(self) -> list[str]:
        """The policy for missing cells, and how often it mattered."""
        r, c = self.result, self.result.counts
        policy, missing = r.index.missing.policy, c["missing_cells"]
        if policy == "drop":
            return [
                self.say(
                    "有缺失值的评价对象按定义整体剔除。",
                    "Units with missing cells are dropped as a whole, as the definition says.",
                )
            ]
        if not missing:
            return [
                self.say("进入指数的数据没有缺失值。", "No cell that enters the index is missing.")
            ]
        least = f"{r.index.missing.coverage:g}"
        withheld = c["scores_withheld"]
        return [
            self.say(
                f"{missing}个单元格缺失；所在分组的权重在其余指标间重新归一，"
                f"已知指标比例低于{least}的分组不予得分（{withheld}个得分未给出）。",
                f"{missing} cells are missing; weights were rescaled over what is known in the "
                f"group, and a group of which a share below {least} is known is not scored "
                f"({withheld} scores withheld).",
            )
        ]

    def normalising(self) -> list[str]:
        """Each normaliser with its window, and the cells that were cut off."""
        out = []
        parts = self.result.scale.parts
        for part in parts:
            n = part.normaliser
            which = "" if len(parts) == 1 else self.named(part.columns.codes)
            phrase = None if isinstance(n, Elementwise) else phrases.normalise_name(n)
            signs = {int(s) for s in part.columns.sign}
            if phrase is None:
                name = self.foreign(getattr(n, "name", "") or n.label)
                numbers = ""
            else:
                name = phrase.name.get(self.lang) + self.cite(*phrase.refs)
                numbers = self.numbered(phrases.normalise_formulas(n, signs))
            used = self.options(_normaliser_options(n))
            window = self.window(part)
            out.append(
                self.say(
                    f"{which or '各指标'}采用{name}{numbers}{used}；{window}。",
                    f"{(which or 'The indicators')} were normalised by {name}{numbers}{used}; "
                    f"{window}.",
                )
            )
        transforms = [i for i in self.result.index.framework.indicators if i.transform]
        if transforms:
            shown = self.say("、", ", ").join(
                f"{i.name.get(self.lang) or i.code} ({i.transform})" for i in transforms
            )
            out.insert(
                0,
                self.say(f"标准化之前先作变换：{shown}。", f"Transformed beforehand: {shown}."),
            )
        cut = self.result.counts["clipped_cells"]
        if cut:
            out.append(
                self.say(
                    f"{cut}个标准化值超出界限而被截断。",
                    f"{cut} normalised values beyond the limits were cut off.",
                )
            )
        return out

    def window(self, part: Part) -> str:
        """Which rows the parameters came from; or that they came from an earlier fit."""
        n, panel = part.normaliser, self.result.table.periods is not None
        if isinstance(n, Elementwise):
            return self.say("每个值只取决于自身", "each value depends on itself alone")
        if n.window == "goalposts":
            return self.say(
                "上下限为定义中给定的固定值", "the bounds are those fixed in the definition"
            )
        if not self.fitted_here(part):
            return self.say(
                "参数沿用此前的拟合结果，未用本次数据重新估计",
                "the parameters were taken over from an earlier fit and not estimated again",
            )
        zh, en = "参数", "the parameters"
        if isinstance(n, MinMax):
            zh, en = "最小值L与最大值U", "the minimum L and the maximum U"
        if n.window == "base" and panel:
            base = period_text(part.base)
            return self.say(f"{zh}取自基期{base}", f"{en} are those of the base period {base}")
        if n.window == "period" and panel:
            return self.say(
                f"{zh}逐期计算，不同时期的得分不可比",
                f"{en} were found in each period by itself, so that scores of different periods "
                "cannot be compared",
            )
        return self.say(
            f"{zh}由全部评价对象{'和时期' if panel else ''}的数据计算",
            f"{en} come from all units{' and periods' if panel else ''} together",
        )

    def fitted_here(self, part: Part) -> bool:
        """Whether fitting this data gives the same parameters."""
        for other in self.refitted:
            if other.columns.codes == part.columns.codes:
                return len(other.fitted) == len(part.fitted) and all(
                    _same(a, b) for a, b in zip(part.fitted, other.fitted, strict=True)
                )
        return False

    @cached_property
    def refitted(self) -> tuple[Part, ...]:
        """What fitting these data would give."""
        r = self.result
        try:
            return fit(r.table, r.index.framework, r.index.normalise).parts
        except GzIndexError:
            return ()

    def weighting(self) -> list[str]:
        """Each way of weighing with the groups that it holds for."""
        r, f = self.result, self.result.index.framework
        by_rule: dict[str, tuple[Weight, list[str]]] = {}
        for g in f.groups:
            if len(f.children(g.code)) > 1 or g.code == ROOT:
                rule = self.rule_of(g.code)
                by_rule.setdefault(repr((rule.label, rule.over)), (rule, []))[1].append(g.code)
        out = []
        for rule, groups in by_rule.values():
            where = "" if len(by_rule) == 1 else self.named(groups)
            where = self.say(f"{where}之下的", f"Below {where}, ") if where else ""
            how = self.scheme(rule)
            over = self.over(rule)
            out.append(self.say(f"{where}权重：{how}；{over}。", f"{where}weights: {how}; {over}."))
        out = [s[0].upper() + s[1:] for s in out]
        if r.complete is not None:
            out.append(
                self.say(
                    f"数据驱动的权重仅由{r.complete}个无缺失的行计算。",
                    f"Data-driven weights were computed from the {r.complete} rows without gaps.",
                )
            )
        return out

    def rule_of(self, code: str) -> Weight:
        """The rule that weighs the children of a group; a rule over all leaves reaches down."""
        plan = self.result.index.plan
        own = plan.weigh(code)
        if own is not None:
            return own
        for above in self.result.index.framework.ancestors(code):
            rule = plan.weigh(above)
            if rule is not None and rule.over == "leaves":
                return rule
        return self.result.index.weight  # type: ignore[no-any-return]

    def over(self, rule: Weight) -> str:
        """Among what the weights were found, and from which rows."""
        if rule.over == "leaves":
            text = self.say(
                "在全部指标上一次求出，分组的权重为其下指标权重之和",
                "found over all indicators at once, the weight of a group being the sum of those "
                "below it",
            )
        else:
            text = self.say("在每个分组的下级之间", "among the children of each group")
        if not rule.reads_data or self.result.table.periods is None:
            return text
        more = {
            "pooled": Text("全部时期的数据合并", "from the rows of all periods together"),
            "period": Text("逐期计算", "in each period by itself"),
            "base": Text("仅用首个时期的数据", "from the rows of the first period"),
        }[rule.window]
        return text + self.say("，", ", ") + more.get(self.lang)

    def scheme(self, rule: Weight) -> str:
        """How weights were found."""
        s = rule.scheme
        if isinstance(s, Judgements):
            return self.judged(s)
        if isinstance(s, tuple):
            by = str(rule.options.get("by", "linear"))
            phrase = phrases.COMBINED[by]
            more = self.options({k: v for k, v in rule.options.items() if k != "by"})
            numbers = self.numbered([phrase.formula])  # before those of the parts
            parts = self.say("；", "; ").join(self.scheme(p) for p in s)
            name = phrase.name.get(self.lang)
            return self.say(
                f"以下各组权重的{name}{numbers}{more}：{parts}",
                f"{name}{numbers}{more} of these: {parts}",
            )
        if isinstance(s, Mapping):
            return self.say("直接给定的数值", "numbers that were given")
        if not isinstance(s, str) or s not in phrases.WEIGHED:
            return self.foreign(rule.label)
        phrase = phrases.WEIGHED[s]
        used = _with_defaults(SCHEMES[s], rule.options) if s in SCHEMES else {}
        formula = phrases.weight_formula(s, used)
        numbers = self.numbered([formula] if formula else [])
        refs = self.cite(*phrase.refs)
        return phrase.name.get(self.lang) + refs + numbers + self.options(used)

    def judged(self, j: Judgements) -> str:
        """Judgements: the method, who judged, when; whether they are nobody's opinion."""
        phrase = phrases.JUDGED.get(j.kind)
        name = (
            phrase.name.get(self.lang) + self.cite(*phrase.refs) if phrase else self.foreign(j.kind)
        )
        name += self.options(j.options)
        who, title = j.who.get(self.lang), j.title.get(self.lang) or j.id
        zh, en = f"“{title}”（{j.id}）：{name}", f'"{title}" ({j.id}): {name}'
        more = (("判断者：", "judged by: ", who), ("时间：", "when: ", j.when))
        for zh_head, en_head, value in (*more, ("来源：", "source: ", j.source)):
            if value:
                zh, en = f"{zh}，{zh_head}{value}", f"{en}, {en_head}{value}"
        f = self.result.index.framework
        rest = [g.code for g in f.groups if g.code not in j.nodes and len(f.children(g.code)) > 1]
        rest = [c for c in rest if self.result.index.plan.weigh(c) is None]
        if rest and j.otherwise == "equal":
            zh += f"；没有判断的分组（{self.named(rest)}）等权"
            en += f"; equal weights in groups without judgements ({self.named(rest)})"
        if j.illustrative:
            zh += "；该组权重仅作演示，不代表任何专家的意见"
            en += "; these weights are illustrative and no expert's opinion"
        return self.say(zh, en)

    def aggregation(self) -> list[str]:
        """Each rule of aggregation with the groups that it holds for; ranks."""
        r, f, plan = self.result, self.result.index.framework, self.result.index.plan
        by_rule: dict[str, tuple[Aggregate, list[str]]] = {}
        for g in reversed(f.bottom_up):
            rule = plan.rule(g.code)
            by_rule.setdefault(rule.label, (rule, []))[1].append(g.code)
        out = []
        for rule, groups in by_rule.values():
            every = self.say("各级得分", "The scores of every level") if len(f.groups) > 1 else ""
            every = every or self.say("指数", "The index")
            where = (
                every
                if len(by_rule) == 1
                else self.say(f"{self.named(groups)}的得分", f"The scores of {self.named(groups)}")
            )
            verb = "is" if where == "The index" else "are"
            out.append(
                self.say(
                    f"{where}采用{self.aggregator(rule)}。",
                    f"{where} {verb} found by {self.aggregator(rule)}.",
                )
            )
        ties = {
            "min": Text("并列者取最前名次", "ties share the best rank"),
            "max": Text("并列者取最后名次", "ties share the worst rank"),
            "average": Text("并列者取平均名次", "ties share the mean rank"),
            "dense": Text("并列者同名次且其后不跳号", "ties share a rank and none is skipped"),
        }[r.index.ties].get(self.lang)
        each = r.table.periods is not None
        out.append(
            self.say(
                f"名次{'在每个时期内' if each else ''}按得分由高到低排列，{ties}。",
                f"Ranks{' within each period' if each else ''} go from the highest score down; "
                f"{ties}.",
            )
        )
        return out

    def aggregator(self, rule: Aggregate) -> str:
        """How scores were put together."""
        if not isinstance(rule.method, str) or rule.method not in phrases.AGGREGATES:
            return self.foreign(rule.label)
        phrase = phrases.AGGREGATES[rule.method]
        used = _with_defaults(AGGREGATORS[rule.method], rule.options)
        formula = phrases.aggregate_formula(rule.method, used)
        numbers = self.numbered([formula] if formula else [])
        text = phrase.name.get(self.lang) + self.cite(*phrase.refs) + numbers + self.options(used)
        if rule.rowwise or self.result.table.periods is None:
            return text
        if rule.window == "period":
            return text + self.say("，各期分别比较", ", each period compared by itself")
        return text + self.say("，全部时期一并比较", ", all periods compared together")

    def provenance(self) -> list[str]:
        """Versions and hashes."""
        r, ref, data = self.result, self.cite(software()), self.result.data_hash[:_SHOWN]
        notes = self.say("；", "; ").join(t.get(self.lang) for t in dict.fromkeys(r.extra_notes))
        said = (
            [self.say(f"运行中的说明：{notes}。", f"Notes of the run: {notes}.")] if notes else []
        )
        zh = f"定义的校验值{self.hash}" if self.hash else "定义含自编函数，没有校验值"
        en = f"hash of the definition {self.hash}"
        en = en if self.hash else "the definition holds functions of its user and has no hash"
        return [
            *said,
            self.say(
                f"计算使用gz_index {__version__}{ref}；{zh}；数据的校验值{data}。",
                f"Computed with gz_index {__version__}{ref}; {en}; hash of the data {data}.",
            ),
        ]

    @cached_property
    def hash(self) -> str:
        """Start of the hash of the definition; none where a function of it has no name."""
        try:
            return self.result.index.hash[:_SHOWN]
        except MethodError:
            return ""


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + "s" * (n != 1)


# -- options ---------------------------------------------------------------------------------------


def _with_defaults(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that were used: those given, and the defaults of the others."""
    out = {
        p.name: p.default
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.KEYWORD_ONLY and p.default is not p.empty
    }
    return {**out, **options}


def _normaliser_options(n: Normaliser) -> dict[str, Any]:
    """Options but for window and base, which are said in words."""
    if isinstance(n, Elementwise):
        return dict(n.options)
    out = {f.name: getattr(n, f.name) for f in fields(n) if f.name not in ("window", "base")}
    if isinstance(n, MinMax) and n.constant is None:
        del out["constant"]
    return {k: v for k, v in out.items() if v is not None}


def _step_refs(step: Any) -> tuple[str, ...]:
    if step.kind == "impute":
        return {"em": ("dempster1977",), "iterative": ("vanbuuren2011",)}.get(step.method, ())
    return ("becker2022",) if step.kind == "treat" and step.rule == "jrc" else ()


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    if a.keys() != b.keys():
        return False
    return all(
        np.array_equal(v, b[k], equal_nan=v.dtype.kind == "f")
        if isinstance(v, np.ndarray)
        else v == b[k]
        for k, v in a.items()
    )
