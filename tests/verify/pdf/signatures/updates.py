"""Incremental updates onto a sealed PDF, as editors, further signers and attackers write them; and files saved anew."""

# mypy: no-disallow-untyped-calls

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from portal.signers.file import FileSigner
from tests.pki import NOW
from verify.cms.writing import largest, sign_digest
from verify.pdf import seal as sealing


def updated(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """An incremental update, as any PDF editor writes it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _name_tree(writer: IncrementalPdfFileWriter, key: str) -> Any:
    names = writer.root["/Names"]
    if key not in names:
        names[pdf_name(key)] = generic.DictionaryObject({pdf_name("/Names"): generic.ArrayObject()})
    writer.update_root()
    return names[key]["/Names"]


def add_comment(writer: IncrementalPdfFileWriter) -> None:
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (100, 600, 300, 640)]),
            pdf_name("/DA"): pdf_string("/Helv 14 Tf 0 g"),
            pdf_name("/Contents"): pdf_string("10"),
        }
    )
    writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))


def add_script(writer: IncrementalPdfFileWriter) -> None:
    action = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = generic.DictionaryObject(action)
    _name_tree(writer, "/JavaScript").extend([pdf_string("a"), writer.add_object(generic.DictionaryObject(action))])


def add_attachment(writer: IncrementalPdfFileWriter) -> None:
    stream = generic.StreamObject(stream_data=b"{}")
    stream["/Type"] = pdf_name("/EmbeddedFile")
    file = {pdf_name("/F"): writer.add_object(stream)}
    spec: Any = {pdf_name("/Type"): pdf_name("/Filespec"), pdf_name("/F"): pdf_string("record.json")}
    spec[pdf_name("/EF")] = generic.DictionaryObject(file)
    _name_tree(writer, "/EmbeddedFiles").extend([pdf_string("zz"), writer.add_object(generic.DictionaryObject(spec))])


def add_form_field(writer: IncrementalPdfFileWriter) -> None:
    field = {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): pdf_string("diem"), pdf_name("/V"): pdf_string("10")}
    form = writer.root["/AcroForm"]
    form["/Fields"].append(writer.add_object(generic.DictionaryObject(field)))
    writer.update_root()


def replace_page_content(writer: IncrementalPdfFileWriter) -> None:
    """Shadow attack "replace": another drawing under the same object number."""
    page = writer.find_page_for_modification(1)[0]
    page.get_object()["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.mark_update(page)


def swap_pages(writer: IncrementalPdfFileWriter) -> None:
    """Shadow attack "hide and replace": the page tree shows other pages."""
    pages = writer.root["/Pages"]
    pages["/Kids"].reverse()
    writer.update_container(pages)


def hide_object(writer: IncrementalPdfFileWriter) -> None:
    """Shadow attack "hide": what the page draws is taken out under its own object number."""
    page = writer.find_page_for_modification(0)[0].get_object()
    drawing = page.raw_get("/Contents")
    writer.objects[(drawing.generation, drawing.idnum)] = generic.NullObject()


def break_page_tree(writer: IncrementalPdfFileWriter) -> None:
    """Nothing can be counted in what is no page tree."""
    writer.root["/Pages"] = generic.NumberObject(1)
    writer.root["/Names"] = generic.NumberObject(1)
    writer.update_root()


def remove_page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"].pop()
    pages[pdf_name("/Count")] = generic.NumberObject(len(pages["/Kids"]))
    writer.update_container(pages)


def remove_signature(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]
    del writer.root["/Perms"]
    writer.update_root()


def empty_signature(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    del field.get_object()["/V"]
    writer.mark_update(field)


def signed_again(data: bytes, signer: FileSigner, *, same_field: bool) -> bytes:
    """A further signature over the whole sealed file, in a field of its own or in place of the seal."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    signature = SignatureObject(
        timestamp=NOW,
        subfilter=SigSeedSubFilter.PADES,
        bytes_reserved=2 * largest(signer.certificate, signer.chain),
    )
    value = writer.add_object(signature)
    fields = writer.root["/AcroForm"]["/Fields"]
    if same_field:
        fields.raw_get(0).get_object()["/V"] = value
        writer.mark_update(fields.raw_get(0))
    else:
        page = writer.find_page_for_modification(0)[0]
        field = sealing._field(value, page, writer.add_object(sealing._nothing_to_see()))
        field[pdf_name("/T")] = pdf_string("ChuKyKhac")
        fields.append(writer.add_object(field))
        writer.update_root()
    steps = signature.fill(writer, md_algorithm="sha256")
    prepared, output = next(steps)
    steps.send(sign_digest(prepared.document_digest, signer, None))
    return bytes(output.getvalue())


def resaved(data: bytes, **options: Any) -> bytes:
    """Written anew by pikepdf: all objects the same, other bytes."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(output, **options)
    return output.getvalue()
