"""The whole file written anew: by tools that people use, as pictures, and by strangers' software."""

import io
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final

import pikepdf
import pypdfium2

from tests.vectors.pdfs.drawn import COPY
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from tests.verify.pdf.signatures.updates import resaved
from verify.verdict import Verdict

_MATCHES: Final = Verdict.CONTENT_MATCHES
# The signature's field came along; what it signs did not.
_STALE: Final = "digest_intact digest_differs, whole_file_covered bytes_not_covered"
_NO_TEXT: Final = f"{COPY}, ?text_equal text_missing"
# Without a single letter pages are looked at as photos are, and some cells cannot be read so.
_UNREAD: Final = f"{COPY}, ?text_equal cells_unread"


_GREY: Final = ("-sColorConversionStrategy=Gray", "-dProcessColorModel=/DeviceGray")
_ARCHIVAL: Final = ("-dPDFA=2", "-dPDFACompatibilityPolicy=1", "-sColorConversionStrategy=RGB")


def _by_tool(*command: str) -> Callable[[Ground], bytes]:
    """The sealed file through a command; {source} and {copy} stand for the files."""

    def make(ground: Ground) -> bytes:
        source, copy = ground.folder / "source.pdf", ground.folder / "copy.pdf"
        source.write_bytes(ground.sealed)
        filled = [each.format(source=source, copy=copy) for each in command]
        subprocess.run(filled, check=True, capture_output=True, timeout=60)
        return copy.read_bytes()

    return make


def _by_pikepdf(**how: Any) -> Callable[[Ground], bytes]:
    return lambda ground: resaved(ground.sealed, **how)


def _with_a_bookmark(ground: Ground) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(ground.sealed)) as pdf:
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Trang 3", 2))
        pdf.save(out)
    return out.getvalue()


def _imported_by_pdfium(ground: Ground) -> bytes:
    """What a browser on pdfium saves."""
    source, document = pypdfium2.PdfDocument(ground.sealed), pypdfium2.PdfDocument.new()
    try:
        document.import_pages(source)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()
    finally:
        document.close()
        source.close()


def _printed_by_chromium(ground: Ground) -> bytes:
    """Headless Chromium shows no PDF: it is given the pages as shapes, and prints them to PDF."""
    folder = ground.folder / "chromium"
    folder.mkdir(exist_ok=True)
    (folder / "source.pdf").write_bytes(ground.sealed)
    pages = range(1, ground.expected.pages + 1)
    for page in pages:
        numbers = ["-f", str(page), "-l", str(page)]
        _run(["pdftocairo", "-svg", *numbers, "source.pdf", f"{page}.svg"], folder)
    style = "@page{size:A4;margin:0}body{margin:0}img{display:block;width:210mm;height:297mm;break-after:page}"
    html = f"<style>{style}</style>" + "".join(f'<img src="{page}.svg">' for page in pages)
    (folder / "pages.html").write_text(html, encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}"]
    _run(["chromium", *switches, f"--print-to-pdf={folder}/copy.pdf", f"file://{folder}/pages.html"], folder)
    return (folder / "copy.pdf").read_bytes()


def _run(command: Sequence[str], folder: Any) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)


def _pictures(*, words: bool) -> Callable[[Ground], bytes]:
    return lambda _ground: forging.from_pictures(150, words=words)


def _for_anyone(ground: Ground) -> bytes:
    """Encrypted with a password that only its owner has: it opens for everybody, and forbids printing."""
    return resaved(ground.sealed, encryption=pikepdf.Encryption(owner="chu", user="", R=6))


def _locked(ground: Ground) -> bytes:
    return resaved(ground.sealed, encryption=pikepdf.Encryption(owner="chu", user="nguoi dung", R=6))


RESAVED: Final = (
    Vector("re-saved by qpdf", _by_tool("qpdf", "{source}", "{copy}"), _MATCHES, _STALE, command="qpdf"),
    Vector(
        "linearised by qpdf",
        _by_tool("qpdf", "--linearize", "--object-streams=generate", "{source}", "{copy}"),
        _MATCHES,
        _STALE,
        command="qpdf",
    ),
    Vector(
        "re-saved by ghostscript",
        _by_tool("gs", "-q", "-sDEVICE=pdfwrite", "-o", "{copy}", "{source}"),
        _MATCHES,
        COPY,
        command="gs",
    ),
    Vector(
        "made grey by ghostscript",
        _by_tool("gs", "-q", "-sDEVICE=pdfwrite", *_GREY, "-o", "{copy}", "{source}"),
        _MATCHES,
        COPY,
        command="gs",
    ),
    Vector(
        "made PDF/A by ghostscript",
        _by_tool("gs", "-q", "-sDEVICE=pdfwrite", *_ARCHIVAL, "-o", "{copy}", "{source}"),
        _MATCHES,
        COPY,
        command="gs",
    ),
    Vector("with a bookmark", _with_a_bookmark, _MATCHES, _STALE),
    Vector(
        "re-saved by cairo", _by_tool("pdftocairo", "-pdf", "{source}", "{copy}"), _MATCHES, COPY, command="pdftocairo"
    ),
    Vector("printed to PDF by Chromium", _printed_by_chromium, Verdict.INSUFFICIENT, _UNREAD, command="chromium"),
    Vector("imported by pdfium", _imported_by_pdfium, _MATCHES, COPY),
    Vector(
        "re-saved in object streams",
        _by_pikepdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
        _MATCHES,
        _STALE,
    ),
    Vector("unsealed print", lambda ground: ground.expected.pdf, _MATCHES, COPY),
)

PICTURES: Final = (
    Vector(
        "rendered to pictures",
        _pictures(words=False),
        Verdict.INSUFFICIENT,
        "signature_found damaged, ?text_equal cells_unread",
    ),
    Vector("rendered to pictures with guessed words", _pictures(words=True), Verdict.INSUFFICIENT, _NO_TEXT),
)

ENCRYPTED: Final = (
    Vector("encrypted with the owner's password alone", _for_anyone, _MATCHES, COPY),
    Vector("encrypted with a password to open", _locked, Verdict.INSUFFICIENT, "readable encrypted"),
)
