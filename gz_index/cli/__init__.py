"""The command ``gz-index``; each module holds a few of its commands."""

# imported in the order in which the help lists their commands
from gz_index.cli import definitions, scores, studies, audits, plans, documents, pages  # isort: skip
from gz_index.cli.shared import app

_MODULES = (definitions, scores, studies, audits, plans, documents, pages)

__all__ = ["app", "main"]


def main() -> None:
    """Run the command; an error is one message and a non-zero status."""
    app()
