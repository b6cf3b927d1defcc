"""``python -m gz_index.cli`` is ``gz-index``."""

from gz_index.cli import main

if __name__ == "__main__":
    main()
