"""What became of a PDF after it was signed: counted, not judged, from its revisions as the strict reader sees them.

ISO 32000-1 §7.5.6: each incremental update is one more revision. Names of the counts are closed words for sentences.
"""

# mypy: no-disallow-untyped-calls

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from verify import limits
from verify.cms.foreign import translated
from verify.errors import Refusal, VerifyError

_TREE_NODES: Final = 4 * limits.DOCUMENT_PAGES
_SCRIPTS: Final = ("/OpenAction", "/AA")
_NOTHING: Final = generic.DictionaryObject()


def counted(reader: PdfFileReader, revision: int, bytes_after: int) -> dict[str, str]:
    """How many objects were written after a revision, and how much more of each kind there is now.

    Keys: objects, pages, annotations, form_fields, scripts, attachments; and bytes, behind the signed ones.
    """
    facts = {"bytes": str(bytes_after)} if bytes_after else {}
    try:
        with translated(Refusal.DAMAGED_PDF):
            later = range(revision + 1, reader.xrefs.total_revisions)
            objects = sum(len(reader.xrefs.explicit_refs_in_revision(each)) for each in later)
            now, then = _inventory(reader.root), _inventory(reader.get_historical_root(revision))
    except VerifyError:
        return facts
    now.subtract(then)
    now["objects"] = objects
    return facts | {kind: str(number) for kind, number in sorted(now.items()) if number}


def _inventory(root: Any) -> Counter[str]:
    pages = list(_pages(root))
    names = root.get("/Names", _NOTHING)
    form = root.get("/AcroForm", _NOTHING)
    return Counter(
        pages=len(pages),
        annotations=sum(len(page.get("/Annots", ())) for page in pages),
        form_fields=len(form.get("/Fields", ())) + ("/XFA" in form),
        scripts=sum(key in root for key in _SCRIPTS) + len(_leaves(names.get("/JavaScript", _NOTHING))),
        attachments=len(_leaves(names.get("/EmbeddedFiles", _NOTHING))),
    )


def _pages(root: Any) -> Iterator[Any]:
    return (node for node in _nodes(root["/Pages"]) if "/Kids" not in node)


def _leaves(tree: Any) -> list[Any]:
    """The keys of a name tree (ISO 32000-1 §7.9.6)."""
    return [key for node in _nodes(tree) for key in list(node.get("/Names", ()))[::2]]


def _nodes(top: Any) -> Iterator[Any]:
    """A tree's nodes, each once however it is linked, and no more than a document of ours could need."""
    waiting, seen = [top], 0
    while waiting and seen < _TREE_NODES:
        node = waiting.pop().get_object()
        seen += 1
        if isinstance(node, generic.DictionaryObject):
            yield node
            waiting += list(node.get("/Kids", ()))[:_TREE_NODES]
