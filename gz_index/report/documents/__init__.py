"""Reports: what an index says, how far it can be trusted, how it was made, in one document."""

from gz_index.report.documents.composing import compose
from gz_index.report.documents.content import Document

__all__ = ["Document", "compose"]
