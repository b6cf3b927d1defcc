"""How far can the ranking of the Digital Economy and Society Index 2022 be trusted?

Run: python examples/robustness_desi.py
"""

import gz_index as gz


def main() -> None:
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    countries = data.drop(index="EU")  # the aggregate of the others

    print("What varies, as the definition says")
    for choice in index.sensitivity.choices:
        print(f"  {choice.label}: {choice.to_dict()['kind']}")

    u = gz.uncertainty(index, countries)
    print(f"\nRanks in {u.draws} draws, intervals of {u.level:.0%}")
    top = u.to_frame().head(8)
    for unit, row in top.iterrows():
        low, high = row["rank_low"], row["rank_high"]
        print(f"  {unit}  rank {row['rank_nominal']:2.0f}, in [{low:.0f}, {high:.0f}]", end="")
        print(f", among the first three in {u.top(3)[unit]:.0%}")
    pairs = len(u.indistinct())
    print(f"mean shift of ranks {u.shift:.2f}; {pairs} of 351 pairs cannot be told apart")

    print("\nWhich choice the shift of ranks comes from")
    shares = gz.sobol(index, countries, targets=["shift"])
    print(shares.of("shift")[["first", "total"]].round(2).to_string())
    methods = [c for c in index.sensitivity.choices if c.label != "weights"]
    exact = gz.sobol(index, countries, methods, targets=["shift"])
    print("without the noise on weights, exactly:")
    print(exact.of("shift").round(3).to_string())

    print("\nWeights of the pillars: how far can each move before Finland is no longer first?")
    s = gz.stability(index, countries, top=None)
    for code in index.framework.children("total"):
        row = s.to_frame().loc[(code, "leader")]
        print(f"  {index.framework.name(code)}: {row['low']:.3f} - {row['high']:.3f}", end="")
        print(f" (now {row['weight']:.3f})")
    print(f"  {s.overtake('FI', 'NL').notes[0]}")
    print(f"  {s.safe_pairs().notes[0]}")

    print("\nNo weights at all: every weighting of the pillars equally likely (exact volumes)")
    a = gz.smaa(index, countries)
    print(a.to_frame()[["expected_rank", "first", "top_3"]].head(5).round(3).to_string())

    print("\nDo the pillars count as declared?")
    counts = gz.importance(index, countries).to_frame()
    pillars = list(index.framework.children("total"))
    columns = ["declared", "share", "gap", "shapley"]
    print(counts.loc[pillars, columns].round(3).to_string())
    balanced = gz.balance(index, countries)
    print(f"weights that would make them: {balanced.to_frame()['weight'].round(3).to_dict()}")


if __name__ == "__main__":
    main()
