"""Exponents, goalposts and cells that are not known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from gz_index._arrays import Array
from gz_index.choices.base import Choice, listed, not_indicators, unknown
from gz_index.errors import MethodError, Problem
from gz_index.framework import Framework, Text

__all__ = ["CellError", "Exponent", "Goalposts"]


@dataclass(frozen=True, kw_only=True)
class Exponent(Choice):
    """The exponent of a power mean, uniform between two numbers.

    1 is the arithmetic mean, 0 the geometric, -1 the harmonic: how far a low value can be made up
    for by a high one.

    Parameters
    ----------
    low, high : float
    node : str, optional
        Group that is aggregated so; by default every group.
    """

    kind: ClassVar[str] = "exponent"
    low: float
    high: float
    node: str | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise MethodError(
                f"exponent: low = {self.low!r}, high = {self.high!r}", hint="finite, low < high"
            )

    def _title(self) -> Text:
        return Text(
            f"{self.node}的幂指数" if self.node else "幂指数",
            "exponent" + (f" of {self.node}" if self.node else ""),
        )

    def width(self, framework: Framework) -> int:
        """One number."""
        return 1

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        if self.node is None:
            return []
        out = unknown(self.label, [self.node], framework)
        if not out and not framework.children(self.node):
            out.append(Problem(self.label, f"{self.node!r} is an indicator", "name a group"))
        return out

    def exponents(self, u: Array) -> Array:
        """Return the exponent of each draw, (D,)."""
        return np.asarray(self.low + (self.high - self.low) * u[:, 0])


@dataclass(frozen=True, kw_only=True)
class Goalposts(Choice):
    """Goalposts that are not known exactly: each moves by up to a share of their distance.

    Parameters
    ----------
    size : float
        In (0, 0.5): both move independently and uniformly within +- size times (high - low), so
        that they cannot meet.
    indicators : sequence of str, optional
        By default every indicator that has goalposts.
    """

    kind: ClassVar[str] = "goalposts"
    size: float = 0.1
    indicators: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.indicators is not None:
            object.__setattr__(self, "indicators", listed(self.kind, "indicators", self.indicators))
        if not 0 < self.size < 0.5:
            raise MethodError(
                f"goalposts: size = {self.size!r}", hint="a share of their distance below one half"
            )

    def _title(self) -> Text:
        return Text(f"上下限±{self.size:.0%}", f"goalposts +-{self.size:.0%}")

    def codes(self, framework: Framework) -> tuple[str, ...]:
        """Return the indicators whose goalposts move."""
        if self.indicators is not None:
            return self.indicators
        return tuple(i.code for i in framework.indicators if i.goalposts is not None)

    def width(self, framework: Framework) -> int:
        """Two numbers for each indicator."""
        return 2 * len(self.codes(framework))

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        out = not_indicators(self.label, self.codes(framework), framework)
        if out:
            return out
        bare = [i.code for i in framework.indicators if i.goalposts is None]
        lacking = [c for c in self.codes(framework) if c in bare]
        if lacking or not self.codes(framework):
            out.append(
                Problem(self.label, f"no goalposts: {', '.join(lacking or bare)}", "declare them")
            )
        return out


@dataclass(frozen=True, kw_only=True)
class CellError(Choice):
    r"""Measurement error of the raw cells, independent from cell to cell.

    Parameters
    ----------
    size : float, or mapping of indicator to float
        ``relative``: the error is that share of the cell, :math:`x (1 + s e)`; ``sd``: that share
        of the standard deviation of the column; ``absolute``: in the unit of the indicator.
    measure : {"relative", "sd", "absolute"}
    shape : {"normal", "uniform"}
        e is standard normal, or uniform on (-1, 1).
    indicators : sequence of str, optional
        Which cells have errors, where ``size`` is one number; by default all.

    Notes
    -----
    A table of errors has too many dimensions for a sequence of points: one number of the unit cube
    is the seed of the whole table of a draw.
    """

    kind: ClassVar[str] = "cell-error"
    size: float | Mapping[str, float] = 0.05
    measure: Literal["relative", "sd", "absolute"] = "relative"
    shape: Literal["normal", "uniform"] = "normal"
    indicators: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.indicators is not None:
            object.__setattr__(self, "indicators", listed(self.kind, "indicators", self.indicators))
        sizes = list(self.size.values()) if isinstance(self.size, Mapping) else [self.size]
        if (
            not all(isinstance(s, int | float) and 0 <= s < np.inf for s in sizes)
            or not any(sizes)
            or self.measure not in ("relative", "sd", "absolute")
            or self.shape not in ("normal", "uniform")
        ):
            raise MethodError(
                f"cell error: size = {self.size!r}, measure = {self.measure!r}, "
                f"shape = {self.shape!r}",
                hint="sizes are >= 0 and not all zero; measure is relative, sd or absolute; shape "
                "is normal or uniform",
            )
        if isinstance(self.size, Mapping) and self.indicators is not None:
            raise MethodError(
                "cell error: sizes by indicator and a list of indicators", hint="give one of them"
            )

    def _title(self) -> Text:
        if isinstance(self.size, Mapping):
            return Text("数据误差", "errors of cells")
        size = f"{self.size:g}" if self.measure == "absolute" else f"{self.size:.0%}"
        sd = self.measure == "sd"
        return Text(f"数据误差，{size}" + "标准差" * sd, f"errors of cells, {size}" + " of sd" * sd)

    def width(self, framework: Framework) -> int:
        """One number: the seed of the draw."""
        return 1

    def sizes(self, framework: Framework) -> Array:
        """Return the size for each indicator, (m,)."""
        if isinstance(self.size, Mapping):
            return np.array([float(self.size.get(c, 0.0)) for c in framework.codes])
        chosen = framework.codes if self.indicators is None else self.indicators
        return np.array([float(self.size) if c in chosen else 0.0 for c in framework.codes])

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        named = list(self.size) if isinstance(self.size, Mapping) else list(self.indicators or ())
        return not_indicators(self.label, named, framework)

    def errors(self, u: Array, x: Array, framework: Framework) -> Array:
        """Return the errors (D, n, m) to add to raw data ``x`` (n, m)."""
        unit: Array = np.ones_like(x)
        if self.measure == "relative":
            unit = x
        elif self.measure == "sd":
            unit = np.broadcast_to(np.nanstd(x, axis=0, ddof=1), x.shape)
        scale = unit * self.sizes(framework)
        out = np.empty((u.shape[0], *x.shape))
        for draw, seed in zip(out, (u[:, 0] * 2**53).astype(np.uint64).tolist(), strict=True):
            rng = np.random.Generator(np.random.SFC64(int(seed)))
            if self.shape == "normal":
                rng.standard_normal(out=draw)
            else:
                rng.random(out=draw)
                draw *= 2
                draw -= 1
        out *= scale
        return out
