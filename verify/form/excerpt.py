"""An extract of chosen sections to the data of its template: what was not chosen does not reach it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from verify.form import words
from verify.form.sections import PRINTED, Section, in_order
from verify.form.sheet import Data, Sheet
from verify.record.model import YearRecord
from verify.record.vocabulary import COMPETENCES, QUALITIES

_OF_A_ROW: Final = frozenset({"label", "level", "score"})


class ExcerptSheet(Sheet):
    """One extract in the making. number: of the extract. sections: what it holds; the rest as of `Sheet`."""

    def __init__(
        self, host_url: str, source: str, origins: Mapping[str, str], number: str, sections: Collection[Section]
    ) -> None:
        super().__init__(host_url, source, preview=False, origins=origins)
        self._number = number
        self._sections = in_order(sections)

    def data(self, years: Sequence[YearRecord]) -> Data:
        """The opening, then a block for each year. Of several years the opening has a page and a foot of its own."""
        several = len(years) > 1
        return {
            "opening": {
                **self._opening(years),
                "foot": self._foot(years[-1], "") if several else None,
            },
            "years": [self._part(year, f"{year.school_year}/" if several else "") for year in years],
        }

    def _if(self, section: Section, *values: Any) -> Any:
        """The one value, or the list of them; None where the section was not chosen."""
        if section not in self._sections:
            return None
        return values[0] if len(values) == 1 else list(values)

    def _opening(self, years: Sequence[YearRecord]) -> Data:
        newest, cell = years[-1], self.cells.add
        names = ", ".join(year.school_year for year in years)
        parts = "; ".join(PRINTED[section] for section in self._sections)
        return {
            "number": cell("extract", self._number),
            "holds": cell("sections", f"năm học {names}: {parts}."),
            "full_name": cell("full_name", newest.full_name),
            "birth_date": cell("birth_date", words.short_date(newest.birth_date)),
            "person": self._if(Section.PERSON, self._person(newest)),
            "family": self._if(Section.FAMILY, self._family(newest)),
            "ethnicity": self._if(Section.ETHNICITY, cell("ethnicity", newest.ethnicity)),
            "history": self._if(Section.HISTORY, self._history(newest)),
        }

    def _person(self, record: YearRecord) -> Data:
        cell, lifelong = self.cells.add, record.lifelong_record_code
        return {
            "gender": cell("gender", record.gender.value),
            "birth_place": cell("birth_place", record.birth_place),
            "nationality": cell("nationality", record.nationality),
            "personal_id": cell("personal_id", words.identifier(record)),
            "moet_student_code": cell("moet_student_code", record.moet_student_code),
            "lifelong_record_code": cell("lifelong_record_code", lifelong) if lifelong else None,
        }

    def _family(self, record: YearRecord) -> Data:
        names = ("home_town", "address", "father", "mother", "guardian")
        return {name: self.cells.add(name, getattr(record, name)) for name in names}

    def _part(self, record: YearRecord, prefix: str) -> Data:
        def cell(field: str, text: str | None) -> Data:
            return self.cells.add(prefix + field, text)

        with_leave = cell("days_absent_with_leave", words.count(record.days_absent_with_leave))
        without_leave = cell("days_absent_without_leave", words.count(record.days_absent_without_leave))
        height = cell("height_cm", words.measure(record.height_cm, "cm"))
        weight = cell("weight_kg", words.measure(record.weight_kg, "kg"))
        return {
            "school_year": cell("school_year", record.school_year),
            "class_name": cell("class_name", record.class_name),
            "school": cell("issuing_school.name", record.issuing_school.name),
            "attendance": self._if(Section.ATTENDANCE, with_leave, without_leave),
            "health": self._if(Section.HEALTH, height, weight),
            "subjects": self._if(Section.MARKS, self._rows(self._subjects(record, prefix))),
            "qualities": self._if(
                Section.TRAITS,
                self._rows(self._traits(QUALITIES, record.qualities, f"{prefix}qualities", extra=True)),
            ),
            "competences": self._if(
                Section.TRAITS,
                self._rows(self._traits(COMPETENCES, record.competences, f"{prefix}competences", extra=True)),
            ),
            "comments": Section.COMMENTS in self._sections,
            "result": self._if(Section.RESULT, self._result(record, prefix)),
            "issue_date": cell("issue_date", words.long_date(record.issue_date)),
            "head_name": cell("issuing_school.head_name", record.issuing_school.head_name),
            "foot": self._foot(record, prefix, self._origins.get(record.school_year)),
        }

    def _result(self, record: YearRecord, prefix: str) -> Data:
        promoted = words.promotion(record)
        return {
            "overall_result": self.cells.add(f"{prefix}overall_result", record.overall_result.value),
            "awards": self.cells.add(f"{prefix}awards", "; ".join(record.awards)),
            "programme": self.cells.add(f"{prefix}programme_completed", words.programme(record)),
            "promoted": self.cells.add(f"{prefix}promoted", promoted) if promoted else None,
        }

    def _rows(self, rows: Sequence[Data]) -> list[Data]:
        """Rows that say something; comments only where they were chosen."""
        kept = _OF_A_ROW | {"comment"} if Section.COMMENTS in self._sections else _OF_A_ROW
        return [{name: row[name] for name in row if name in kept} for row in rows if any(row["level"]["text"])]
