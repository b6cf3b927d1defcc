"""The provinces of China in 2022: what another method, indicator or year would say.

Run: python examples/robustness_provinces.py
"""

import gz_index as gz


def main() -> None:
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")

    print("Two normalisations x three weightings x two aggregations, ten years")
    compared = gz.compare(
        index,
        data,
        normalise=["minmax", "rank"],
        weight=["equal", "entropy", "pca"],
        aggregate=["arithmetic", {"method": "mean-min", "a": 0.5}],
    )
    table = compared.table(top=5)
    columns = ["spearman", "kendall", "mean_shift", "largest", "at"]
    print(table[columns].round(3).to_string())
    print(f"Kendall's W {compared.kendall_w:.3f}")
    consensus = compared.consensus.xs(2022, level="year").sort_values("mean_rank")
    print("\nConsensus of the twelve, 2022")
    print(consensus[["mean_rank", "borda_rank", "copeland_rank"]].head(5).round(2).to_string())

    print("\nLeft out, one at a time")
    for over in ("indicators", "pillars", "units", "periods"):
        found = gz.leave_one_out(index, data, over=over).to_frame()
        worst = found["spearman"].idxmin()
        row = found.loc[worst]
        print(f"  {over}: most of all {worst} (Spearman {row['spearman']:.3f}", end="")
        print(f", largest shift {row['largest']:+.0f} for {row['at']})")

    u = gz.uncertainty(index, data, period=2022)
    print(f"\nAll choices of the definition at once, 2022, {u.draws} draws")
    ranks = u.ranks.sort_values("nominal").head(8)
    print(ranks[["nominal", "low", "median", "high", "shift"]].to_string())
    shares = gz.sobol(index, data, targets=["shift", "rank"], period=2022)
    print("\nShares of the variance: shift of all ranks, and the rank of 北京市")
    for target in ("shift", "rank 北京市"):
        print(f"{target}\n{shares.of(target)[['first', 'total']].round(2).to_string()}")

    print("\nIf statistics were 5 % off, cell by cell")
    errors = gz.uncertainty(index, data, [gz.CellError(size=0.05)], draws=2000, period=2022)
    print(f"mean shift of ranks {errors.shift:.2f}; 广东省 first in {errors.top(1)['广东省']:.0%}")


if __name__ == "__main__":
    main()
