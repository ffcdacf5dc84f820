"""A record to the data of the template: every value a numbered cell, rows in the order of the form."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from verify.code import PrintTarget, grouped, qr_text
from verify.form import words
from verify.form.boxes import PAGE_NUMBER, Cells
from verify.form.qr import symbol
from verify.record.model import TraitResult, YearRecord
from verify.record.vocabulary import (
    GENERAL_COMPETENCES,
    QUALITIES,
    SPECIFIC_COMPETENCES,
    SUBJECT_BY_CODE,
    SUBJECTS,
    Trait,
)

# The form has room for five years; more rows flow on.
HISTORY_ROWS: Final = 5

Data = dict[str, Any]


class Sheet:
    """One print in the making.

    cells: what it writes where. host_url, source: the official address, and the words on system and owner.
    preview: no QR, since nothing is locked yet. origins: by school year, words on where an earlier year comes from.
    summary: digits of the signed summary, for the QR on the pages of the one year.
    """

    def __init__(
        self,
        host_url: str,
        source: str,
        preview: bool,
        origins: Mapping[str, str] | None = None,
        summary: str | None = None,
    ) -> None:
        self.cells = Cells()
        self._host_url = host_url
        self._source = source
        self._preview = preview
        self._origins = origins or {}
        self._summary = summary

    def data(self, years: Sequence[YearRecord]) -> Data:
        """All pages: cover, civil data with study history, and the block of each year."""
        newest = years[-1]
        several = len(years) > 1
        return {
            "cover": self._cover(newest),
            "civil": self._civil(newest),
            "years": [self._year(year, f"{year.school_year}/" if several else "") for year in years],
        }

    def _cover(self, record: YearRecord) -> Data:
        school = record.issuing_school
        cell = self.cells.add
        return {
            "full_name": cell("full_name", record.full_name),
            "school": cell("issuing_school.name", school.name),
            "commune": cell("issuing_school.commune", school.commune),
            "district": cell("issuing_school.district", school.district) if school.district else None,
            "province": cell("issuing_school.province", school.province),
            "foot": self._foot(record, ""),
        }

    def _civil(self, record: YearRecord) -> Data:
        cell = self.cells.add
        plain = ("full_name", "ethnicity", "nationality", "birth_place", "home_town", "address")
        people = ("father", "mother", "guardian")
        lifelong = record.lifelong_record_code
        return {
            "lookup_code": cell("lookup_code", grouped(record.lookup_code)),
            "personal_id": cell("personal_id", words.identifier(record)),
            "moet_student_code": cell("moet_student_code", record.moet_student_code),
            "lifelong_record_code": cell("lifelong_record_code", lifelong) if lifelong else None,
            "gender": cell("gender", record.gender.value),
            "birth_date": cell("birth_date", words.short_date(record.birth_date)),
            **{name: cell(name, getattr(record, name)) for name in plain + people},
            **self._issue(record, ""),
            "history": self._history(record),
            "foot": self._foot(record, ""),
        }

    def _issue(self, record: YearRecord, prefix: str) -> Data:
        school = record.issuing_school
        return {
            "place": self.cells.add(f"{prefix}issue_place", record.issue_place),
            "day": self.cells.add(f"{prefix}issue_date", words.long_date(record.issue_date)),
            "head_title": [
                self.cells.add(f"{prefix}issuing_school.head_title", line)
                for line in words.title_lines(school.head_title)
            ],
            "head_name": self.cells.add(f"{prefix}issuing_school.head_name", school.head_name),
        }

    def _history(self, record: YearRecord) -> list[list[Data]]:
        printed = [
            (row.school_year, row.class_name, row.school, row.register_number, words.short_date(row.entry_date))
            for row in record.study_history
        ]
        blank = [("",) * 5] * (HISTORY_ROWS - len(printed))
        names = ("school_year", "class_name", "school", "register_number", "entry_date")
        return [
            [self.cells.add(f"study_history.{index}.{name}", text) for name, text in zip(names, row, strict=True)]
            for index, row in enumerate([*printed, *blank])
        ]

    def _year(self, record: YearRecord, prefix: str) -> Data:
        def cell(field: str, text: str | None) -> Data:
            return self.cells.add(prefix + field, text)

        promoted = words.promotion(record)
        return {
            "school_year": cell("school_year", record.school_year),
            "head": self._year_head(record, prefix),
            "height": cell("height_cm", words.measure(record.height_cm, "cm")),
            "weight": cell("weight_kg", words.measure(record.weight_kg, "kg")),
            "with_leave": cell("days_absent_with_leave", words.count(record.days_absent_with_leave)),
            "without_leave": cell("days_absent_without_leave", words.count(record.days_absent_without_leave)),
            "subjects": self._subjects(record, prefix),
            "next_head": self._year_head(record, prefix),
            "qualities": self._traits(QUALITIES, record.qualities, f"{prefix}qualities", extra=True),
            "general": self._traits(GENERAL_COMPETENCES, record.competences, f"{prefix}competences", extra=False),
            "specific": self._traits(
                SPECIFIC_COMPETENCES,
                {
                    code: result
                    for code, result in record.competences.items()
                    if code not in {trait.code for trait in GENERAL_COMPETENCES}
                },
                f"{prefix}competences",
                extra=True,
            ),
            "overall_result": cell("overall_result", record.overall_result.value),
            "awards": cell("awards", "; ".join(record.awards)),
            "programme": cell("programme_completed", words.programme(record)),
            "promoted": cell("promoted", promoted) if promoted else None,
            "teacher": cell("homeroom_teacher", record.homeroom_teacher),
            **self._issue(record, prefix),
            "foot": self._foot(record, prefix, self._origins.get(record.school_year), self._summary),
        }

    def _year_head(self, record: YearRecord, prefix: str) -> Data:
        return {
            "school": self.cells.add(f"{prefix}issuing_school.name", record.issuing_school.name),
            "full_name": self.cells.add(f"{prefix}full_name", record.full_name),
            "class_name": self.cells.add(f"{prefix}class_name", record.class_name),
        }

    def _subjects(self, record: YearRecord, prefix: str) -> list[Data]:
        """Every row of the form, also those that a grade has not; then what a school taught beyond it."""
        labels = {subject.code: subject.label for subject in SUBJECTS}
        labels |= {code: code for code in record.subjects if code not in SUBJECT_BY_CODE}
        rows = []
        for code, label in labels.items():
            result = record.subjects.get(code)
            path = f"{prefix}subjects.{code}"
            rows.append(
                {
                    "label": label,
                    "level": self.cells.add(f"{path}.level", result.level.value if result else ""),
                    "score": self.cells.add(f"{path}.score", words.count(result.score if result else None)),
                    "comment": self.cells.add(f"{path}.comment", result.comment if result else ""),
                }
            )
        return rows

    def _traits(
        self, catalogue: Sequence[Trait], results: Mapping[str, TraitResult], path: str, *, extra: bool
    ) -> list[Data]:
        labels: dict[str, str | Data] = {trait.code: trait.label for trait in catalogue}
        if extra:
            for code, result in results.items():
                if code not in labels:
                    labels[code] = self.cells.add(f"{path}.{code}.label", result.label or code)
        return [self._trait(label, results.get(code), f"{path}.{code}") for code, label in labels.items()]

    def _trait(self, label: str | Data, result: TraitResult | None, path: str) -> Data:
        return {
            "label": label,
            "level": self.cells.add(f"{path}.level", result.level.value if result else ""),
            "comment": self.cells.add(f"{path}.comment", result.comment if result else ""),
        }

    def _foot(self, record: YearRecord, prefix: str, origin: str | None = None, summary: str | None = None) -> Data:
        """What stands below each page: QR, code in words, source system, the only official address, page.

        The cover and the civil data carry the plain QR always: nothing of theirs but the name is in a summary.
        """
        source = f"{origin} {self._source}" if origin else self._source
        cell = self.cells.add
        target = PrintTarget(record.lookup_code, record.school_year, record.version)
        drawn = None if self._preview else symbol(qr_text(self._host_url, target, summary))
        return {
            "qr": drawn
            and {
                "cell": cell("qr", drawn.text),
                "svg": drawn.svg,
                "side": drawn.side_mm,
                "alt": f"Mã QR mở trang tra cứu học bạ có mã {grouped(record.lookup_code)}",
            },
            "code": cell("lookup_code", grouped(record.lookup_code)),
            "edition": cell(f"{prefix}version", f"Năm học {record.school_year}, bản số {record.version}"),
            "source": cell("footer", source) | {"size": 0},  # never smaller than the rest of the foot
            "page": cell(PAGE_NUMBER, ""),
        }
