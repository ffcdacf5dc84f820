"""Every finding has a severity and a Vietnamese sentence that can be filled."""

import string

import pytest

from verify.record.findings import MEANINGS, FindingCode, Severity, finding, has_errors, shorten
from verify.record.labels import label_of


@pytest.mark.parametrize("code", FindingCode)
def test_each_code_has_a_meaning(code: FindingCode) -> None:
    severity, sentence = MEANINGS[code]
    names = {name for _text, name, _format, _conversion in string.Formatter().parse(sentence) if name}
    found = finding("subjects.toan.score", code, **dict.fromkeys(names - {"label"}, "9"))
    assert found.severity is severity
    assert "{" not in found.message
    assert found.message.endswith(".")
    assert found.as_json() == {"field": "subjects.toan.score", "code": code.value, "message": found.message}


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("full_name", "Họ và tên"),
        ("subjects.toan.score", "Toán – điểm KTĐK"),
        ("qualities.nhan_ai.level", "Phẩm chất Nhân ái – mức đạt được"),
        ("competences.khoa_hoc.comment", "Năng lực Khoa học – nhận xét"),
        ("study_history.0", "Quá trình học tập, dòng 1"),
        ("study_history.4.school", "Quá trình học tập, dòng 5 – trường"),
        ("nobody", "nobody"),
    ],
)
def test_paths_have_words(path: str, label: str) -> None:
    assert label_of(path) == label


def test_long_values_are_cut() -> None:
    assert shorten("a" * 500, 10) == "aaaaaaaaa…"
    assert len(finding("gender", FindingCode.GENDER_NOT_ALLOWED, value="a" * 500).message) < 250


def test_only_errors_refuse() -> None:
    warning = finding("personal_id", FindingCode.PERSONAL_ID_PADDED)
    error = finding("full_name", FindingCode.NAME_MISSING)
    assert (warning.severity, error.severity) == (Severity.WARNING, Severity.ERROR)
    assert not has_errors([warning])
    assert has_errors([warning, error])
