"""A print: rendering with attachments plus sealing, against the bare Typst compile of the same form.

Each print is of another pupil, as in life; both sides draw from streams of their own, because the compiler remembers
what it laid out before.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import typst

from bench.measure import Row, at_most, in_turn, shown
from bench.world import bench_world
from verify.evidence import Edition
from verify.form import letters, render
from verify.form.render import Attachment, PrintContext
from verify.form.sheet import Sheet
from verify.pdf.seal import seal
from verify.record.codec import from_bytes
from verify.record.model import YearRecord

PRINTS = 12


def rows() -> list[Row]:
    with bench_world() as world:
        signer = world.runtime.seal
        if signer is None:
            raise RuntimeError("the demo has a seal")
        record, moment = from_bytes(world.year.record), world.now.replace(microsecond=0)
        context = world.runtime.print_context
        files = Edition((world.year,), context).attachments
        ours, floor = pupils(record, "Ẩn"), pupils(record, "Ở")
        bare = bare_compiler(context, files)

        def print_some() -> None:
            for _ in range(PRINTS):
                seal(render.render([next(ours)], context, files).pdf, signer, moment)

        def compile_some() -> None:
            for _ in range(PRINTS):
                bare(next(floor))

        unsealed = render.render([record], context, files).pdf
        pair = in_turn(print_some, compile_some, items=PRINTS)
        alone = in_turn(lambda: seal(unsealed, signer, moment), lambda: bare(next(floor)))
        return [
            at_most("pdf: render and seal one record", "bare Typst compile", pair, 1.5),
            shown("pdf: of which the seal", "bare Typst compile", alone),
        ]


def pupils(record: YearRecord, name: str) -> Iterator[YearRecord]:
    """The record under ever new names and comments."""
    for number in count():
        subjects = {
            code: replace(result, comment=f"{result.comment or ''} ({name} {number}.)".strip())
            for code, result in record.subjects.items()
        }
        yield replace(record, full_name=f"Nguyễn Văn {name} {number}", subjects=subjects)


def bare_compiler(context: PrintContext, files: Sequence[Attachment]) -> Callable[[YearRecord], object]:
    """The same template with the same data in a compiler of its own, nothing around it."""
    template = render.TEMPLATES[context.template]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[letters.FONTS])
    compiler = typst.Compiler(template, root=template.parents[1], font_paths=fonts)
    day = datetime(2026, 6, 1, tzinfo=UTC)

    def compile_one(record: YearRecord) -> object:
        data = json.dumps(template_data(record, context, files), ensure_ascii=False)
        return compiler.compile(format="pdf", sys_inputs={"form": data}, pdf_standards=["a-3a"], timestamp=day)

    return compile_one


def template_data(record: YearRecord, context: PrintContext, files: Sequence[Attachment]) -> dict[str, object]:
    """What the template takes."""
    return {
        **Sheet(context.host_url, context.system_name, preview=False).data([record]),
        "title": record.full_name,
        "author": record.issuing_school.name,
        "day": {"year": 2026, "month": 6, "day": 1},
        "sample": True,
        "preview": False,
        "attachments": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "relationship": file.relationship,
                "description": file.description,
                "data": list(file.data),
            }
            for file in files
        ],
    }
