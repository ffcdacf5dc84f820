"""Each setting stands in docs/operations.md under its variable, with its default."""

from pathlib import Path

from portal.settings import Settings

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_each_setting_is_documented() -> None:
    missing = [name for name in Settings.model_fields if f"`HOCBA_{name.upper()}`" not in OPERATIONS]
    assert not missing


def test_documented_defaults_are_true() -> None:
    wrong = []
    for name, field in Settings.model_fields.items():
        line = next(line for line in OPERATIONS.splitlines() if f"`HOCBA_{name.upper()}`" in line)
        default = str(field.default)
        if default and f"`{default}`" not in line:
            wrong.append(name)
    assert not wrong


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"HOCBA_{name.upper()}" for name in Settings.model_fields}
    named = {part for part in OPERATIONS.replace("`", " ").split() if part.startswith("HOCBA_")}
    named = {part.split("=")[0].rstrip(".,;:)") for part in named}
    assert named <= known
