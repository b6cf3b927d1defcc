"""What the tests of the page share: indices to make pages of, where sliders stand, what is read."""

import dataclasses

import numpy as np
import pandas as pd

import gz_index as gz
from gz_index.framework import Group
from gz_index.report.page import to_page


def two_levels(folder, name, root, below=None, **how):
    rng = np.random.default_rng(4)
    nodes = tuple(gz.Indicator(code=f"i{j}", parent=f"p{j // 3}") for j in range(9))
    groups = (
        Group(code="total", aggregate=root),
        *(Group(code=f"p{k}", aggregate=below, name=gz.Text(f"甲{k}", f"P{k}")) for k in range(3)),
    )
    index = gz.Index(
        framework=gz.Framework(nodes, groups),
        normalise={"method": "minmax", "to": [1, 100]},
        missing={"policy": "renormalise", "coverage": 0.5},
        id=name,
        **how,
    )
    frame = pd.DataFrame(
        rng.random((25, 9)).round(2), [f"u{i}" for i in range(25)], index.framework.codes
    )
    frame.iloc[3, 4] = np.nan
    frame.iloc[7] = frame.iloc[8]
    result = index.evaluate(frame)
    return result, to_page(result, folder / f"{name}.html", draws=20, lang="en")


def moves(result, rng, share):
    """Where sliders stand, of 0 to 200, for some nodes; never all zero below a group."""
    f = result.index.framework
    found = {
        kid: int(rng.integers(0, 201))
        for g in f.groups
        if len(f.children(g.code)) > 1
        for kid in f.children(g.code)
        if rng.random() < share
    }
    for g in f.groups:
        kids = f.children(g.code)
        if all(found.get(k) == 0 for k in kids):
            found[kids[0]] = 1
    return found


def evaluated(result, moved, base=None):
    """The result with the weights that a page has when its sliders are moved."""
    f, base = result.index.framework, base or result
    raw = {}
    for g in f.groups:
        for kid, w in zip(f.children(g.code), base.local[g.code], strict=True):
            raw[kid] = moved[kid] / 200 if kid in moved else float(w)
    nodes = tuple(dataclasses.replace(i, weight=raw[i.code]) for i in f.indicators)
    groups = tuple(dataclasses.replace(g, weight=raw.get(g.code), weigh=None) for g in f.groups)
    given = result.index.replace(framework=gz.Framework(nodes, groups), weight="given")
    return given.score(result.table, scale=None if base is result else base.scale)


def ranks_of(result):
    """Rank by unit in the last period, as the page writes it."""
    t = result.table
    at = t.rows_of(None if t.periods is None else t.periods[-1])
    ranks = result.ranks["total"].iloc[at]
    return {
        str(t.units[i]): "—" if pd.isna(r) else f"{r:g}" for i, r in zip(at, ranks, strict=True)
    }


def read_profile(page):
    """Cells of the profile by the name of the node."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('#profiletable tbody tr')].map(
        (row) => [row.cells[0].textContent, [...row.cells].slice(1).map((c) => c.textContent)]))"""
    )


READ = """() => Object.fromEntries([...document.querySelectorAll('#ranks tbody tr')].map(
    (row) => [row.querySelector('th').textContent, row.querySelector('.c-rank').textContent]))"""
MOVE = """(sets) => {
    const nodes = JSON.parse(document.getElementById('data').textContent).nodes.map((n) => n.code);
    return sets.map((moved) => {
        document.getElementById('undo').click();
        for (const [code, value] of Object.entries(moved)) {
            const slider = document.getElementById(`w${nodes.indexOf(code)}`);
            slider.value = value;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
        }
        gzPage.flush();
        return [READ(), gzPage.scores()];
    });
}""".replace("READ", f"({READ})")
