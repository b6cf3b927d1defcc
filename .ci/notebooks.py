"""Run notebooks, cell by cell: an error, a warning, or output that was committed is a failure.

python .ci/notebooks.py [--out FOLDER] NOTEBOOK ...

With --out each is written there with what it shows, to be looked at.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# fonts are the machine's: without a Chinese one figures are the same, but for a warning
STRICT = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="no font that is installed")
warnings.filterwarnings("ignore", message=r"Glyph \\d+")
"""
LENIENT = "warnings.resetwarnings()"  # what the kernel says when it is shut down is its own matter


def committed_output(book: nbformat.NotebookNode) -> list[int]:
    """Return the numbers of cells that hold output or a count."""
    return [
        k
        for k, cell in enumerate(book.cells)
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def run(path: Path, out: Path | None) -> str | None:
    """Run a notebook; return what is wrong, if anything."""
    book = nbformat.read(path, as_version=4)
    if left := committed_output(book):
        return f"cells {left} hold output: clear it, so that changes can be read"
    cells = len(book.cells)
    book.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
    book.cells.append(nbformat.v4.new_code_cell(LENIENT))
    client = NotebookClient(
        book,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return str(error)
    outputs = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
    if said := [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]:
        return "".join(said)
    figures = sum("image/png" in o.get("data", {}) for o in outputs)
    if not figures:
        return "shows no figure"
    print(f"{path}: {cells} cells, {figures} figures")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        del book.cells[0], book.cells[-1]
        nbformat.write(book, out / path.name)
    return None


def main() -> int:
    """Run all that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    failed = {p: why for p in given.notebooks if (why := run(p, given.out)) is not None}
    for path, why in failed.items():
        print(f"{path}: {why}", file=sys.stderr)
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main())
