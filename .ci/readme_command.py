"""Print the command that stands in README.md in the block below ``<!-- ci: NAME -->``."""

import re
import sys
from pathlib import Path


def main() -> None:
    """Print one command, or fail."""
    name = sys.argv[1]
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"<!-- ci: {re.escape(name)} -->\s*```sh\n(.*?)```", text, flags=re.DOTALL)
    if len(found) != 1:
        sys.exit(f"README.md has {len(found)} commands marked <!-- ci: {name} -->, not one")
    print(found[0].strip())


if __name__ == "__main__":
    main()
