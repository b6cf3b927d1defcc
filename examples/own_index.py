"""An index from nothing: a table, a tree, a few lines. Eleven districts of Guangzhou, 2022.

Run: python examples/own_index.py

Only GDP and its growth are public for all districts here; they make an index that shows the
mechanics, not one that measures the digital economy.
"""

import gz_index as gz


def main() -> None:
    districts = gz.data("gz-2025", table="districts")
    size, growth = (c for c in districts.columns if districts[c].dtype.kind == "f")
    index = gz.Index(
        id="districts-mechanics",
        version="0.1.0",
        name={"zh": "区级示例", "en": "Districts, an example of the mechanics"},
        framework=gz.Framework(
            (
                gz.Indicator(code=size, unit=gz.Text.of("100 million yuan"), transform="log"),
                gz.Indicator(code=growth, unit=gz.Text.of("%")),
            )
        ),
        normalise={"method": "minmax", "to": [1, 100]},
        weight={size: 2, growth: 1},
        aggregate="geometric",
    )
    result = index.evaluate(districts)
    print(result)
    print()
    print(result.contributions.round(2).to_string())
    print()
    print(index.to_toml())


if __name__ == "__main__":
    main()
