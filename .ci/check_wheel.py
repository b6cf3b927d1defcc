"""Check that the wheel carries exactly what it should, and the source archive what builds it."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

# folder in the repository -> folder in the wheel
CARRIED = {
    "gz_index/": "gz_index/",
    "methods/": "gz_index/_catalog/methods/",
    "weights/": "gz_index/_catalog/weights/",
    "examples/data/": "gz_index/_catalog/data/",
}
MUST = (
    "gz_index/py.typed",
    "gz_index/__init__.py",
    "gz_index/cli/__main__.py",
    "gz_index/report/documents/document.html.j2",
    "gz_index/report/page/page.js",
)


def expected(tracked: list[str]) -> set[str]:
    """Return the paths in the wheel of all tracked files of the carried folders."""
    return {
        new + path.removeprefix(old)
        for path in tracked
        for old, new in CARRIED.items()
        if path.startswith(old)
    }


def check_wheel(path: Path, tracked: list[str]) -> list[str]:
    """Return what is wrong with a wheel."""
    faults = []
    with zipfile.ZipFile(path) as wheel:
        names = {n for n in wheel.namelist() if not n.endswith("/")}
        info = next(n.split("/")[0] for n in names if ".dist-info/" in n)
        metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
        entry_points = wheel.read(f"{info}/entry_points.txt").decode()
    code = {n for n in names if not n.startswith(f"{info}/")}
    should = expected(tracked)
    faults += [f"{n} is missing" for n in sorted((should | set(MUST)) - code)]
    faults += [f"{n} does not belong there" for n in sorted(code - should)]
    for kind in ("methods", "weights", "data"):
        if not any(n.startswith(f"gz_index/_catalog/{kind}/") for n in code):
            faults.append(f"nothing in gz_index/_catalog/{kind}")
    if f"{info}/licenses/LICENSE" not in names:
        faults.append("the licence is missing")
    if "gz-index = gz_index.cli:main" not in entry_points:
        faults.append("the command gz-index is missing")
    if metadata["License-Expression"] != "MIT":
        faults.append(f"licence expression is {metadata['License-Expression']!r}")
    if not metadata.get_payload():
        faults.append("the long description is empty")
    print(f"{path.name}: {len(code)} files, {path.stat().st_size / 1e6:.2f} MB")
    return faults


def check_sdist(path: Path, tracked: list[str]) -> list[str]:
    """Return what is wrong with a source archive."""
    with tarfile.open(path) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    wanted = {t for t in tracked if not t.startswith((".ci/", ".github/"))}
    print(f"{path.name}: {len(names)} entries")
    return [f"{n} is missing from the source archive" for n in sorted(wanted - names)]


def main() -> None:
    """Check every archive named on the command line."""
    tracked = subprocess.run(
        ["git", "-c", "core.quotepath=off", "ls-files"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    faults = []
    for arg in map(Path, sys.argv[1:]):
        check = check_wheel if arg.suffix == ".whl" else check_sdist
        faults += [f"{arg.name}: {fault}" for fault in check(arg, tracked)]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
