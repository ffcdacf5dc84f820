"""Each reason for which a record was not put back has its own sentence, with what to do."""

from portal.presenters.reattaching import left_line
from portal.services.reattaching import Left, Why


def test_each_reason_says_what_to_do() -> None:
    lines = [left_line(Left(41, "MAU-TH-01", why, "")) for why in Why]
    assert len(set(lines)) == len(Why)
    assert all(line.startswith("Dòng 41, MAU-TH-01: ") and line.endswith(".") for line in lines)
    assert "(head: revoked)" in left_line(Left(41, "MAU-TH-01", Why.SIGNATURE, "head: revoked"))
