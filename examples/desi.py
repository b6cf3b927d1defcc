"""The Digital Economy and Society Index 2022, to the last published digit, and what weights do.

Run: python examples/desi.py
"""

import gz_index as gz


def main() -> None:
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    result = index.evaluate(data)
    published = gz.data("desi-2022", table="scores")
    gap = (result.scores[list(published)].loc[published.index] - published).abs().max().max()
    print(
        f"{len(published)} rows x {len(published.columns)} scores, largest difference {gap:.1e}\n"
    )
    print(result.to_frame(lang="en").iloc[:10, :6].to_string(float_format=lambda v: f"{v:.2f}"))

    print("\nWhat lifts Finland: contributions in points")
    top = result.contributions.loc["FI"].sort_values(ascending=False).head(5)
    for code, points in top.items():
        print(f"  {points:5.2f}  {index.framework.name(code)}")

    comparison = gz.compare(index, data, weight=[index.weight, "equal", "entropy", "critic", "pca"])
    print(f"\nOther weights: Kendall's W {comparison.kendall_w:.3f}")
    print(comparison.shifts.to_string(float_format=lambda v: f"{v:.2f}"))

    print("\nNext release: what was fitted is frozen and re-applied")
    frozen = result.freeze()
    again = frozen.evaluate(data, scale=result.scale)
    print(f"  same bits: {bool((again.total == result.total).all())}")


if __name__ == "__main__":
    main()
