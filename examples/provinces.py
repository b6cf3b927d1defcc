"""Five zones, 31 provinces, ten years: does the ranking survive another way of weighing?

Run: python examples/provinces.py [TABLE.csv]

With a file name, scores and ranks of every zone, province, year and weighting are written there.

The data are those of the national yearbooks (examples/data/cn-provinces-2022). Four weightings of
the same 19 indicators are set side by side: equal within each level, entropy over all pooled rows,
AHP over the five zones (an illustrative matrix, no expert's opinion), and PCA. At the end, what
one mislabelled column would have done.
"""

import sys

import pandas as pd

import gz_index as gz


def main(table_file: str | None = None) -> None:
    index = gz.load("cn-provinces-2022")
    data = gz.data("cn-provinces-2022")
    zones = list(index.framework.children("total"))
    ahp = gz.judgements("five-zones-illustrative")
    weightings = {"equal": "equal", "entropy": "entropy", "AHP (illustrative)": ahp, "PCA": "pca"}

    comparison = gz.Comparison(
        {name: index.replace(weight=w).evaluate(data) for name, w in weightings.items()}
    )

    print("Weights of the five zones")
    for name, result in comparison.results.items():
        local = result.weights.loc[zones, "local"]
        print(f"  {name:<20}", "  ".join(f"{z} {v:.3f}" for z, v in local.items()))

    print("\nScores of the zones in 2022, and rank of the index under each weighting")
    equal = comparison.results["equal"]
    table = equal.scores.xs(2022, level="year").sort_values("total", ascending=False)
    places = comparison.ranks().xs(2022, level="year").add_prefix("rank: ")
    print(table.join(places).to_string(float_format=lambda v: f"{v:.3f}"))

    print(
        "\nRank in each zone, 2013 and 2022, under the four weightings (equal, entropy, AHP, PCA)"
    )
    for zone in ["total", *zones]:
        ranks = comparison.ranks(zone).unstack("year")
        leaders = ranks.xs(2022, axis=1, level="year").iloc[:, 0].nsmallest(5).index
        print(f"  {zone}")
        for province in leaders:
            early, late = (ranks.loc[province].xs(y, level="year").tolist() for y in (2013, 2022))
            print(f"    {province:<8} {early} -> {late}")
    if table_file:
        parts = {"score": comparison.scores, "rank": comparison.ranks}
        whole = pd.concat(
            {(z, what): of(z) for z in ["total", *zones] for what, of in parts.items()}, axis=1
        )
        whole.to_csv(table_file, encoding="utf-8-sig")
        print(f"\n{whole.shape[0]} rows x {whole.shape[1]} columns written to {table_file}")

    print("\nRank of the index by year (equal weights)")
    by_year = equal.ranks["total"].unstack("year")
    print(by_year.loc[table.index].to_string())

    print("\nMean score of the index by year")
    for name, result in comparison.results.items():
        means = result.total.groupby("year").mean()
        print(f"  {name:<20}", "  ".join(f"{y} {v:.3f}" for y, v in means.items()))

    print(f"\nKendall's W over the four weightings, mean of the years: {comparison.kendall_w:.3f}")
    print("Spearman's rank correlation, mean of the years")
    print(comparison.spearman.to_string(float_format=lambda v: f"{v:.3f}"))
    print("\nShift of ranks against equal weights")
    print(comparison.shifts.to_string(float_format=lambda v: f"{v:.2f}"))

    trap(index, data)

    print("\nWhat a reader has to know")
    for note in equal.notes:
        print(f"- {note}")


def trap(index: gz.Index, data: object) -> None:
    """Show x8: called telecom revenue, in truth a volume at constant prices that change."""
    x8 = gz.data("cn-provinces-2022")["x8"].groupby("year").sum()
    print("\nThe trap of x8, 'telecommunications revenue' (national sum, 100 million yuan)")
    print("  " + "  ".join(f"{y} {v:,.0f}" for y, v in x8.items()))
    framework = gz.Framework(
        (*index.framework.indicators, gz.Indicator(code="x8", parent="innovation")),
        index.framework.groups,
    )
    with_x8 = index.replace(framework=framework, excluded=())
    for weight in ("equal", "entropy"):
        clean = index.replace(weight=weight).evaluate(data).scores["innovation"]
        trapped = with_x8.replace(weight=weight).evaluate(data).scores["innovation"]
        for name, scores in (("without", clean), ("with", trapped)):
            mean = scores.groupby("year").mean()
            print(
                f"  {weight:<8} innovation zone {name:<8} x8: "
                f"2020 {mean[2020]:.3f}, 2021 {mean[2021]:.3f} ({mean[2021] / mean[2020] - 1:+.1%})"
            )
    print("  Revenue did not fall by seven eighths in 2021: the price base of the series changed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
