"""Monitor Guangzhou's plan for its digital economy with what is publicly known.

Run: python examples/monitor_guangzhou.py [FOLDER for the dashboard as xlsx and csv]
"""

import sys

import gz_index as gz


def main(folder: str | None = None) -> None:
    plan, data = gz.load("gz-2025"), gz.data("gz-2025")
    m = gz.monitor(plan, data)
    print("Targets of 2025, as of", m.year)
    for code, row in m.table[m.table["target"] != ""].iterrows():
        known = "-" if row.isna()["value"] else f"{row['value']:g} ({row['year']})"
        verdict = row["class"] or row["outcome"]
        print(f"  {m.name(code):<56} {row['target']:>10}  {known:>12}  {verdict}")
    for note in m.notes:
        print("-", note)

    print("\nBy zone")
    print(m.zones[["indicators", "known", "targets", "assessed"]].to_string())

    print("\nWhere 5G stations are heading (two points give no interval)")
    p = m.project("g5_stations")
    print(p.to_frame(lang="en").iloc[:3, :2].round(2).to_string())

    print("\nCore industries of the digital economy, China 2023, 100 million yuan")
    facts = gz.data("gz-2025", table="actuals").query("unit == '亿元'")
    parts = facts[facts["indicator_en"].str.fullmatch(r"0\d value added")]
    value = {text[:2]: v for text, v in zip(parts["indicator_en"], parts["value"], strict=True)}
    v = gz.core_value_added(value)
    print(f"{' + '.join(value)} = {v.core.iloc[0]:,.0f}, {v.outcome.iloc[0]}")

    print("\nWhat held back the provinces with the highest index, 2022")
    result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    for unit in ("广东省", "北京市", "江苏省"):
        top = gz.obstacles(result, unit=unit).top(2, lang="en").loc[(unit, 2022)]
        print(f"  {unit}", "; ".join(f"{i} {d:.0f} %" for _, i, d in top.to_numpy()))
    if folder is not None:
        print("\nwritten:", m.save(folder, overwrite=True))


if __name__ == "__main__":
    main(*sys.argv[1:2])
