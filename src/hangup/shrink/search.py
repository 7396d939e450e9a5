"""The whole search: by size, by structure, else by characters or bytes."""

from __future__ import annotations

from msgspec.structs import replace

from hangup.shrink.document import shrink_document
from hangup.shrink.journal import Journal, Told
from hangup.shrink.size import by_size
from hangup.shrink.steps import Steps, once
from hangup.shrink.text import shrink_bytes, shrink_text
from hangup.shrink.tree import Document, parse


def search(journal: Journal, told: Told) -> Steps[None]:
    """Find the smallest message that breaks as the whole does; no message is tried twice."""
    return once(_searched(journal, told), breaking=[journal.whole])


def _searched(journal: Journal, told: Told) -> Steps[None]:
    document = parse(journal.whole) if isinstance(journal.whole, str) else None
    if (yield from by_size(journal, document)):
        return
    if document is not None and (document := (yield from _rewritten(journal, document))):
        yield from shrink_document(journal, document, told)
    elif isinstance(journal.whole, str):
        yield from shrink_text(journal, told)
    else:
        yield from shrink_bytes(journal, told)


def _rewritten(journal: Journal, document: Document) -> Steps[Document | None]:
    """Give the style in which it breaks as we write it: a server may look at blanks, or escapes."""
    for spaced in (document.spaced, not document.spaced):
        styled = replace(document, spaced=spaced)
        written = styled.render(styled.root)
        if (yield written):
            journal.smallest = written
            return styled
    return None
