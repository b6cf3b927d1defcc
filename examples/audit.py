"""What would an audit say of the DESI 2022, and of the provinces of China in 2022?

Run: python examples/audit.py
"""

import gz_index as gz
from gz_index.auditing.report import Audit, audit


def show(a: Audit, codes: list[str]) -> None:
    """Print the head of an audit, the findings of some codes, and its notes."""
    print(f"{a.title()}\n{a.summary()}")
    for f in a.found:
        if f.code in codes or f.severity in ("serious", "not checked"):
            print(f"  {f.severity}, {f.code}: {f.message}")
    for note in a.notes[1:]:
        print(f"  {note}")


def main() -> None:
    # The aggregate EU is no country. Connectivity stands apart: it has a quarter of the weight and
    # less than an eighth of the importance, its parts pull in different directions, and so the
    # ranking is mostly one of skills, firms and public services. Noise on the weights and another
    # mean move little; but once normalisation and sub-dimensions vary too, nine countries between
    # ranks 10 and 19 have intervals six places wide or more, and without any of nine indicators
    # Denmark leads instead of Finland: neighbours should not be told apart.
    europe = audit(gz.load("desi-2022"), gz.data("desi-2022").drop(index="EU"))
    show(europe, ["D7-outliers", "L1-redundant", "L2-contrary", "L3-weak", "S1-choice"])
    wide = europe.findings.query("code == 'U3-wide-own'")["where"]
    print(f"  intervals of six places or more: {', '.join(wide)}")
    leads = europe.findings.query("code == 'S3-leader'")["where"]
    print(f"  another leader without: {', '.join(leads)}")
    importance = europe.of("weights").query("severity == 'warning' and code == 'W1-gap'")
    print(f"  {importance['message'].iloc[0]}")

    # Most indicators are totals: several nearly copy one another, and so do the zones of data and
    # of governance, while computers per 100 persons (x12) hardly count and long-distance cable (x1)
    # loads against the rest of its zone. The series with the broken price base, x8, is found
    # without being told, and the definition leaves it out with reason; zeros of Tibet keep the
    # geometric mean from being tried, which the audit says instead of passing over it.
    print()
    china = audit(gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022"), period=2022)
    show(china, ["D9-break", "P1-redundant", "P7-opposed", "L1-redundant", "W2-idle", "S1-choice"])
    skewed = china.findings.query("code == 'D7-outliers'")
    print(f"  outliers are left in {', '.join(skewed['where'])}")


if __name__ == "__main__":
    main()
