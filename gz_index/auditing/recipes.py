"""Ways to weigh and to score put together from conventions, and what carries them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.auditing.conventions import SHIFTS, Case, Convention, normalisations, weightings
from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import Text

__all__ = ["Bench", "Recipe", "Tiers"]

Lang = Literal["zh", "en"]

#: normalisations and schemes that suffice to find indicators with their direction reversed: the
#: others do not look at directions, or differ from these in what does not depend on them
_QUICK = frozenset({"minmax", "minmax-period", "sum", "norm", "zscore-1", "zscore-0"})
_SLOW = ("factor", "pca-rotated", "pca-squared", "scatter", "critic-spearman")


@dataclass(frozen=True, eq=False)
class Tiers:
    """Groups of columns, inside which schemes are carried out besides over all columns at once.

    Attributes
    ----------
    parts : list of (k,)
        Columns of each group.
    local : bool
        Whether the weights looked for sum to one in each group.
    """

    parts: list[NDArray[np.intp]]
    local: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Ways to use the groups."""
        if len(self.parts) < 2:
            return ("",)
        return ("within", "rescaled") if self.local else ("", "equal", "levels")

    def weigh(self, tier: str, run: Any, z: Array, case: Case) -> Array:
        """Weights (m,) of one tier."""
        if tier in ("", "rescaled"):
            w = np.array(run(z, case))
            for at in self.parts if tier else []:
                if not abs(w[at].sum()) > 0:
                    raise MethodError("the weights of a group sum to zero")
                w[at] /= w[at].sum()
            return w
        w, tops = np.empty(z.shape[1]), []
        for at in self.parts:
            w[at] = run(z[:, at], case) if at.size > 1 else 1.0
            tops.append(z[:, at] @ w[at])
        if tier == "within":
            return w
        top = np.full(len(tops), 1 / len(tops))
        if tier == "levels":
            top = run(np.column_stack(tops), case)
        for at, t in zip(self.parts, top, strict=True):
            w[at] *= t
        return w


_TIER = {
    "within": Text("，在各组内", ", inside each group"),
    "rescaled": Text(
        "，全部指标一起，再在各组内归一", ", all together, then rescaled in each group"
    ),
    "equal": Text("，在各组内，组间等权", ", inside each group, groups equal"),
    "levels": Text("，逐级向上", ", level by level"),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to weigh, and where ``score`` is given to score."""

    weigh: Convention
    norm: Convention | None = None
    shift: float = 0.0
    tier: str = ""
    turned: tuple[str, ...] = ()
    shift_fitted: bool = False
    score: Convention | None = None
    score_norm: Convention | None = None
    score_shift: float = 0.0
    scale: Text = field(default_factory=Text)
    scale_fitted: bool = False
    scale_sound: bool = True

    @property
    def parts(self) -> list[Convention]:
        """Conventions in it, each once."""
        used = (self.weigh, self.norm, self.score, self.score_norm)
        return list(dict.fromkeys(c for c in used if c is not None))

    @property
    def code(self) -> str:
        """A short name."""
        out = [] if self.norm is None else [_moved(self.norm.code, self.shift)]
        out += [self.weigh.code, *([self.tier] if self.tier else [])]
        out += [f"{t} reversed" for t in self.turned]
        return " / ".join([*out, *(part for part in self.scoring if part)])

    @property
    def scoring(self) -> tuple[str, ...]:
        """How it scores, apart from the weights."""
        if self.score is None or self.score_norm is None:
            return ()
        return _moved(self.score_norm.code, self.score_shift), self.score.code, self.scale.en

    def weighing(self, lang: Lang) -> str:
        """A description of how it weighs."""
        zh = lang == "zh"
        out = self.weigh.name.get(lang)
        if self.norm is not None:
            base = _moved(self.norm.name.get(lang), self.shift)
            out = f"{out}，{base}" if zh else f"{out} on {base}"
        out += _TIER[self.tier].get(lang) if self.tier else ""
        if self.turned:
            which = ", ".join(self.turned)
            out += f"，{which}方向相反" if zh else f", {which} reversed"
        return out

    def name(self, lang: Lang) -> str:
        """A description."""
        zh, out = lang == "zh", self.weighing(lang)
        if self.score is not None and self.score_norm is not None:
            base = _moved(self.score_norm.name.get(lang), self.score_shift)
            head, scale = self.score.name.get(lang), self.scale.get(lang)
            out = f"{head}，{base}，权重：{out}" if zh else f"{head} on {base}; weights: {out}"
            out += ("；" if zh else "; ") + scale if scale else ""
        return out

    @property
    def remark(self) -> Text:
        """What is wrong with it, or should be known of it."""
        said = [c.remark for c in sorted(self.parts, key=lambda c: c.sound) if c.remark]
        if self.shift and (self.norm is None or self.norm.on == "interval"):
            said.append(Text("平移改变权重", "the shift moves the weights"))
        if not self.scale_sound:
            said.append(
                Text("分年重新标准化抹去增长", "scaling scores within each period erases growth")
            )
        return Text("；".join(t.zh for t in said), "; ".join(t.en for t in said))

    @property
    def sound(self) -> bool:
        """Whether no part of it is a mistake."""
        return self.scale_sound and all(c.sound for c in self.parts)

    @property
    def fitted(self) -> int:
        """How many things were fitted to the published numbers."""
        return len(self.turned) + self.shift_fitted + 2 * self.scale_fitted


def _moved(name: str, shift: float) -> str:
    return name + (f" + {shift:.4g}" if shift else "")


class Bench:
    """Data in one reading of the directions, normalised in every way; carries recipes out.

    Parameters
    ----------
    case : Case
    tiers : Tiers
    start : (m,), optional
        Directions as given, where those of ``case`` are others.
    quick : bool
        Leave out what does not depend on directions.

    Attributes
    ----------
    norms : dict of Convention
    z : dict of (n, m)
        Normalised data by code of the convention.
    turned : tuple of str
        Indicators whose direction is not as given.
    left_out : dict of str
        Conventions that cannot be carried out on these data, and why.
    """

    def __init__(
        self, case: Case, tiers: Tiers, start: Array | None = None, *, quick: bool = False
    ) -> None:
        self.case, self.tiers, self.quick = case, tiers, quick
        self.start = case.sign if start is None else start
        pairs = zip(case.table.codes, case.sign, self.start, strict=True)
        self.turned = tuple(c for c, a, b in pairs if a != b)
        self.left_out: dict[str, str] = {}
        self.norms = {c.code: c for c in normalisations(case) if not quick or c.code in _QUICK}
        self.z: dict[str, Array] = {}
        for code, c in self.norms.items():
            self._try(code, lambda c=c: self.z.__setitem__(c.code, c.run(case)))
        self.weightings = {
            c.code: c
            for c in weightings(case)
            if not (quick and (c.code.startswith(_SLOW) or "-turned-" in c.code))
        }

    def _try(self, code: str, do: Any, tier: str = "") -> None:
        try:
            do()
        except GzIndexError as error:
            if "-turned-" not in code:  # of components that are not there
                self.leave_out(code, error, tier)

    def leave_out(self, code: str, error: GzIndexError, tier: str = "") -> None:
        """Note why a convention cannot be carried out; rows stand in another order than given."""
        if isinstance(error, MethodError) and not tier:
            error = error.named(columns=self.case.table.codes)
        self.left_out[code] = str(error).splitlines()[0].split(" (first")[0]

    def turn(self, at: Sequence[int]) -> Bench:
        """Return the same with some directions reversed, for what depends on directions."""
        sign = self.case.sign.copy()
        sign[list(at)] *= -1
        case = Case(self.case.table, sign, self.case.base)
        return Bench(case, self.tiers, self.start, quick=True)

    def reading(self, turned: Sequence[str]) -> Bench:
        """Return the same with just these indicators reversed against the directions given."""
        if tuple(turned) == self.turned:
            return self
        codes = self.case.table.codes
        sign = self.start * np.where(np.isin(codes, list(turned)), -1.0, 1.0)
        return Bench(Case(self.case.table, sign, self.case.base), self.tiers, self.start)

    def recipes(self) -> Iterator[Recipe]:
        """Every way to weigh."""
        for weigh in self.weightings.values():
            on = set(weigh.on.split())
            for norm in [self.norms[k] for k in self.z] if on else [None]:
                if norm is not None and not on & {norm.on, norm.code}:
                    continue
                shifts: Sequence[Any] = (0.0,)
                if norm is not None and weigh.code.startswith("entropy"):
                    shifts = SHIFTS[norm.on]
                for s in shifts:
                    shift = 0.01 - float(self.z[norm.code].min()) if norm and s == "min" else s
                    for tier in self.tiers.names:
                        yield Recipe(weigh, norm, shift, tier, self.turned)

    def weighed(self) -> list[tuple[Recipe, Array]]:
        """Weights (m,) by every recipe that these data allow."""
        out: list[tuple[Recipe, Array]] = []
        for r in self.recipes():
            self._try(r.code, lambda r=r: out.append((r, self.weights(r))), r.tier)
        return out

    def weights(self, r: Recipe) -> Array:
        """Carry a way to weigh out."""
        z = self.case.x if r.norm is None else self.z[r.norm.code]
        w = self.tiers.weigh(r.tier, r.weigh.run, z + r.shift if r.shift else z, self.case)
        if not np.isfinite(w).all():
            raise MethodError(f"{r.code} gives no finite weights")
        return w

    def right(self, r: Recipe) -> Recipe:
        """Return the sound recipe in place of a faulty one; without a shift that is not needed."""
        norm, weigh = r.norm, r.weigh
        while not weigh.sound:
            weigh = self.weightings[weigh.instead]
        while norm is not None and not norm.sound:
            norm = self.norms[norm.instead]
        keep = norm is not None and norm.on == "zscore"
        return Recipe(weigh, norm, r.shift if keep else 0.0, r.tier, r.turned)
