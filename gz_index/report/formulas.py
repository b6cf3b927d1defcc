r"""Formulas of the paragraph on methods, from their LaTeX to MathML (pages) and OMML (Word).

Only the commands that occur in :mod:`gz_index.report.phrases` are read; a formula with any other
is not converted, and is shown as LaTeX.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["Unread", "to_mathml", "to_omml"]

_GREEK = ("alpha", "beta", "gamma", "lambda", "mu", "rho", "sigma", "theta", "xi", "Delta")
_LETTERS = dict(zip(_GREEK, "αβγλμρσθξΔ", strict=True))
_SIGNS = {"le": "≤", "ge": "≥", "propto": "∝", "pm": "±", "lVert": "‖", "rVert": "‖"}
_SPACES = {"quad": 1.0, ",": 0.17, ";": 0.28, " ": 0.33, ":": 0.22}
_BIG = {"sum": "∑", "prod": "∏"}
_UNDER = ("max", "min")
_NAMES = ("ln", "exp", "log")
_OPEN, _SIZES = "([|{", ("Big", "big", "left", "right")
_TOKENS = re.compile(
    r"\\(?:text|mathrm)\{[^{}]*\}|\\(?:begin|end)\{[a-z]+\}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S|\s+"
)

#: what ends the body of a sum
_ENDS = ("=", "<", ">", ",", "≤", "≥", "∝")
_ROOM = 0.9  # spaces from here on part formulas


class Unread(ValueError):
    """A formula holds what is not read."""


@dataclass(frozen=True)
class _Node:
    """A part of a formula: what it is, its text, and its parts."""

    kind: str
    text: str = ""
    parts: tuple[_Node | None, ...] = ()


Row: TypeAlias = list[_Node]


def _row(nodes: Sequence[_Node]) -> _Node:
    return nodes[0] if len(nodes) == 1 else _Node("row", parts=tuple(nodes))


# -- reading ---------------------------------------------------------------------------------------


@dataclass
class _Reader:
    tokens: list[str] = field(default_factory=list)
    at: int = 0

    @classmethod
    def of(cls, latex: str) -> _Reader:
        return cls([t for t in _TOKENS.findall(latex) if not t.isspace()])

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise Unread("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def row(self, *ends: str) -> Row:
        """Read up to one of the ends, which is left; without ends, to the end of the formula."""
        out: Row = []
        while (t := self.peek()) and t not in ends:
            if t == r"\textstyle":
                self.take()
                continue
            out.append(self.scripts(self.atom()))
        if ends and self.peek() not in ends:
            raise Unread(f"no {' or '.join(ends)}")
        return out

    def group(self) -> _Node:
        """Read an argument: what stands in braces, or a single character."""
        t = self.take()
        if t == "{":
            out = self.row("}")
            self.take()
            return _row(out)
        self.at -= 1
        if t.isdigit() and len(t) > 1:  # \frac12: one digit each
            self.tokens[self.at] = t[1:]
            return _Node("number", t[0])
        return self.atom()

    def scripts(self, base: _Node) -> _Node:
        below: _Node | None = None
        above: _Node | None = None
        while self.peek() in ("_", "^", "'"):
            t = self.take()
            if t == "_":
                below = self.group()
            elif t == "^":
                above = self.group()
            else:
                above = _Node("sign", "′")
        if below is None and above is None:
            return base
        return _Node("script", parts=(base, below, above))

    def atom(self) -> _Node:
        t = self.take()
        if t[0] == "\\":
            return self.command(t[1:])
        if t == "{":
            self.at -= 1
            return self.group()
        if t in "}_^&":
            raise Unread(f"a {t} out of place")
        if t[0].isdigit():
            return _Node("number", t)
        if t.isalpha():
            return _Node("letter", t)
        if t in "([|" and _closing(t) in self.tokens[self.at :]:
            return self.pair(t)
        return _Node("sign", "−" if t == "-" else t)

    def command(self, name: str) -> _Node:
        if name.startswith(("text{", "mathrm{")):
            return _Node("text", name[name.index("{") + 1 : -1])
        if name in ("frac", "tfrac"):
            above = self.group()
            return _Node("fraction", parts=(above, self.group()))
        if name in ("sqrt", "bar"):
            return _Node("root" if name == "sqrt" else "bar", parts=(self.group(),))
        if name in _SIZES[:3]:
            return self.fence(name)
        if name == "begin{cases}":
            return self.cases()
        for kind, known in (("letter", _LETTERS), ("sign", _SIGNS), ("big", _BIG)):
            if name in known:
                return _Node(kind, known[name])
        if name in _SPACES:
            return _Node("space", str(_SPACES[name]))
        if name in (*_UNDER, *_NAMES):
            return _Node("name", name)
        if name == "{" and r"\}" in self.tokens[self.at :]:
            return self.pair("{")
        if name in ("{", "}", "#", "%", "&", "_"):
            return _Node("sign", name)
        raise Unread(f"\\{name}")

    def pair(self, first: str) -> _Node:
        """Read what stands between two brackets, or bars, of ordinary size."""
        inner = self.row(r"\}" if first == "{" else _closing(first))
        self.take()
        return _Node("pair", first + _closing(first), (_row(inner),))

    def fence(self, size: str) -> _Node:
        first = self.take()
        if first not in _OPEN:
            raise Unread(f"\\{size}{first}")
        end = "\\right" if size == "left" else f"\\{size}"
        inner: Row = []
        while True:
            inner += self.row(end)
            if self.tokens[self.at + 1 : self.at + 2] == [_closing(first)]:
                break
            inner.append(self.scripts(self.atom()))  # another fence of the same size
        self.at += 2
        return _Node("fence", first + _closing(first), (_row(inner),))

    def cases(self) -> _Node:
        rows: list[_Node] = []
        while True:
            value = _row(self.row("&", "\\\\", r"\end{cases}"))
            condition = None
            if self.peek() == "&":
                self.take()
                condition = _row(self.row("\\\\", r"\end{cases}"))
            rows.append(_Node("case", parts=(value, condition)))
            if self.take() != "\\\\":
                return _Node("cases", parts=tuple(rows))


def _closing(first: str) -> str:
    return {"(": ")", "[": "]", "|": "|", "{": "}"}[first]


def _read(latex: str) -> Row:
    return _Reader.of(latex).row()


# -- MathML ----------------------------------------------------------------------------------------


def to_mathml(latex: str) -> str:
    r"""Return a formula as MathML that stands on a line of its own.

    Raises
    ------
    Unread
        It holds what is not read.

    Examples
    --------
    >>> to_mathml(r"w_j = \frac{1}{k}").split("<mfrac>")[1]
    '<mn>1</mn><mi>k</mi></mfrac></mrow></math>'
    """
    body = "".join(map(_mathml, _read(latex)))
    alt = html.escape(latex, quote=True)
    return f'<math display="block" alttext="{alt}"><mrow>{body}</mrow></math>'


_SIMPLE = {"letter": "mi", "number": "mn", "text": "mtext"}


def _mathml(node: _Node | None) -> str:
    if node is None:
        return "<mrow></mrow>"
    kind, text, parts = node.kind, html.escape(node.text), node.parts
    if kind in _SIMPLE:
        shown = text.replace(" ", "\u00a0") if kind == "text" else text
        return f"<{_SIMPLE[kind]}>{shown}</{_SIMPLE[kind]}>"
    if kind == "space":
        return f'<mspace width="{text}em"></mspace>'
    if kind == "sign":
        plain = ' stretchy="false"' if text in "()[]{}|‖" else ""
        plain += ' lspace="0" rspace="0"' if text in "|‖/#" else ""
        return f"<mo{plain}>{text}</mo>"
    if kind == "big":
        return f"<mo>{text}</mo>"
    if kind == "name":
        return f'<mi mathvariant="normal">{text}</mi><mspace width="0.17em"></mspace>'
    if kind == "script":
        return _mathml_script(node)
    if kind == "cases":
        rows = "".join(
            "<mtr>" + "".join(f"<mtd>{_mathml(p)}</mtd>" for p in r.parts) + "</mtr>"
            for r in parts
            if r is not None
        )
        table = f'<mtable columnalign="left">{rows}</mtable>'
        return f'<mrow><mo stretchy="true">{{</mo>{table}</mrow>'
    inner = [_mathml(p) for p in parts]
    if kind in ("fence", "pair"):
        grows = "true" if kind == "fence" else "false"
        edge = f'<mo stretchy="{grows}" lspace="0" rspace="0">'
        first, last = (f"{edge}{html.escape(c)}</mo>" for c in node.text)
        return f"<mrow>{first}{inner[0]}{last}</mrow>"
    if kind == "bar":
        return f'<mover accent="true">{inner[0]}<mo stretchy="false">¯</mo></mover>'
    tag = {"row": "mrow", "fraction": "mfrac", "root": "msqrt"}[kind]
    return f"<{tag}>{''.join(inner)}</{tag}>"


def _mathml_script(node: _Node) -> str:
    base, below, above = node.parts
    assert base is not None
    at_limits = base.kind == "big" or base.text in _UNDER
    first = f"<mo>{base.text}</mo>" if base.text in _UNDER else _mathml(base)
    names = ("munder", "mover", "munderover") if at_limits else ("msub", "msup", "msubsup")
    tag = names[2 if below and above else 0 if below else 1]
    after = '<mspace width="0.17em"></mspace>' if base.text in _UNDER else ""
    return f"<{tag}>{first}{''.join(_mathml(p) for p in (below, above) if p)}</{tag}>{after}"


# -- OMML ------------------------------------------------------------------------------------------

_M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def to_omml(latex: str) -> Any:
    """Return a formula as the element ``m:oMath``, which Word shows and lets edit.

    Raises
    ------
    Unread
        It holds what is not read.
    """
    return _m("oMath", *_omml(_read(latex)))


def _m(tag: str, *children: Any, val: str | None = None) -> Any:
    from docx.oxml import OxmlElement

    out: Any = OxmlElement(f"m:{tag}", nsdecls={"m": _M})
    if val is not None:
        out.set(f"{{{_M}}}val", val)
    out.extend(children)
    return out


def _omml(nodes: Sequence[_Node | None]) -> list[Any]:
    """Elements of a row; a sum takes what follows it, up to a sign of comparison or a gap."""
    out: list[Any] = []
    known = [n for n in nodes if n is not None]
    k = 0
    while k < len(known):
        node = known[k]
        k += 1
        base = node.parts[0] if node.kind == "script" else node
        if base is not None and base.kind == "big":
            stop = next((i for i in range(k, len(known)) if _parts_here(known[i])), len(known))
            out.append(_sum(base.text, node, known[k:stop]))
            k = stop
        else:
            out += _omml_one(node)
    return out


def _parts_here(node: _Node) -> bool:
    return (node.kind == "sign" and node.text in _ENDS) or (
        node.kind == "space" and float(node.text) > _ROOM
    )


def _sum(sign: str, node: _Node, body: Sequence[_Node]) -> Any:
    below, above = node.parts[1:] if node.kind == "script" else (None, None)
    settings = [_m("chr", val=sign), _m("limLoc", val="undOvr")]
    settings += [_m("subHide", val="1")] if below is None else []
    settings += [_m("supHide", val="1")] if above is None else []
    inner = [_m("sub", *_omml([below])), _m("sup", *_omml([above]))]
    return _m("nary", _m("naryPr", *settings), *inner, _m("e", *_omml(body)))


def _run(text: str, upright: bool = False) -> Any:
    shown = _m("t")
    shown.text = text
    shown.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return _m("r", *([_m("rPr", _m("nor"))] if upright else []), shown)


def _omml_one(node: _Node) -> list[Any]:
    kind, text, parts = node.kind, node.text, node.parts
    if kind == "row":
        return _omml(parts)
    if kind == "space":
        return [_run("\u2003" if float(text) > _ROOM else "\u2009", True)]
    if kind in ("letter", "number", "sign", "text", "name", "big"):
        plain = kind in ("text", "name") or text == "#"
        return [_run(text + "\u2009" * (kind == "name"), plain)]
    if kind == "fraction":
        return [_m("f", _m("num", *_omml(parts[:1])), _m("den", *_omml(parts[1:])))]
    if kind == "root":
        hidden = _m("radPr", _m("degHide", val="1"))
        return [_m("rad", hidden, _m("deg"), _m("e", *_omml(parts)))]
    if kind == "bar":
        return [_m("acc", _m("accPr", _m("chr", val="\u0305")), _m("e", *_omml(parts)))]
    if kind in ("fence", "pair"):
        ends = [_m("begChr", val=text[0]), _m("endChr", val=text[1])]
        return [_m("d", _m("dPr", *ends), _m("e", *_omml(parts)))]
    if kind == "cases":
        rows = [
            _m("e", *_omml(r.parts[:1]), _run("\u2003", True), *_omml(r.parts[1:]))
            for r in parts
            if r is not None
        ]
        ends = [_m("begChr", val="{"), _m("endChr", val="")]
        return [_m("d", _m("dPr", *ends), _m("e", _m("eqArr", *rows)))]
    return [_omml_script(node)]


def _omml_script(node: _Node) -> Any:
    base, below, above = node.parts
    assert base is not None
    if base.text in _UNDER and below is not None:
        under = _m("limLow", _m("e", _run(base.text, True)), _m("lim", *_omml([below])))
        return _m("func", _m("fName", under), _m("e", _run("\u2009")))
    inner = [_m("e", *_omml([base]))]
    inner += [_m("sub", *_mark(below))] if below else []
    inner += [_m("sup", *_mark(above))] if above else []
    return _m("sSubSup" if below and above else "sSub" if below else "sSup", *inner)


def _mark(node: _Node) -> list[Any]:
    """Elements of an index; a sign that stands alone there is no operator."""
    return [_run(node.text, True)] if node.kind == "sign" else _omml([node])
