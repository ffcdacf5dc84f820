"""Documents of the portal's own beside the form: values as JSON into a Typst template, out comes a PDF/A."""

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from portal.errors import Fault, Problem
from verify.form.letters import FONTS


class Typesetter:
    """One compiler with its fonts; a lock guards it, because threads share it. name: under which the template reads."""

    def __init__(self, template: Path, name: str) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        self._compiler = typst.Compiler(template, root=template.parent, font_paths=fonts)
        self._name = name
        self._lock = threading.Lock()

    def print(self, data: dict[str, Any], now: datetime) -> bytes:
        """The PDF; raises Fault(STORE_DAMAGED) for what cannot be set."""
        inputs = {self._name: json.dumps(data, ensure_ascii=False)}
        with self._lock:
            try:
                pdf = self._compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-2a"], timestamp=now)
            except (typst.TypstError, ValueError, RuntimeError) as error:
                raise Fault(Problem.STORE_DAMAGED, what=self._name) from error
        if not isinstance(pdf, bytes):
            raise Fault(Problem.STORE_DAMAGED, what=self._name)
        return pdf
