"""Print requirements that pin every dependency in pyproject.toml, extras too, to its lower bound.

The tools of the tests come in their newest version. Packages that results are only compared with
are left out: they ask for newer versions than ours.
"""

import re
import sys
import tomllib
from pathlib import Path

COMPARED_WITH = {"scikit-criteria", "pymcdm"}
# what the oldest typer and matplotlib stand on, of their own time: newer ones warn
INDIRECT = ("click<8.3", "pyparsing<3.3")
# extras that are no parts of the library
TOOLS = {"test", "docs", "dev"}


def main() -> None:
    """Print the pins."""
    project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    parts = [r for name, found in extras.items() if name not in TOOLS for r in found]
    for requirement in dict.fromkeys([*project["dependencies"], *parts]):
        if requirement.startswith("gz-index["):  # an extra within another
            continue
        bound = re.fullmatch(r"([\w.-]+)>=([\d.]+)", requirement.replace(" ", ""))
        if bound is None:
            sys.exit(f"{requirement!r} has no plain lower bound (name>=version)")
        print(f"{bound[1]}=={bound[2]}")
    print(*INDIRECT, sep="\n")
    for requirement in extras["test"]:
        if re.split(r"[>=<~ ]", requirement)[0] not in COMPARED_WITH:
            print(requirement)


if __name__ == "__main__":
    main()
