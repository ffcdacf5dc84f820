"""The files with which an operator says whom to ask for the time: read whole, or refused with the reason."""

from pathlib import Path

import pytest

from portal.errors import Problem, Refused
from portal.trust import read_timestamp_authorities
from tests.timestamping import issuers
from verify.timestamps import NO_AUTHORITY, Authority

ONE = """
[[authority]]
name = "mot"
url = "https://tsa.example.vn/tsr"
roots = ["goc.pem"]
crls = ["goc.crl"]
policy = "1.2.3.4"
"""


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    (tmp_path / "timestamps").mkdir()
    (tmp_path / "timestamps" / "goc.pem").write_bytes(issuers()[0].pem)
    (tmp_path / "timestamps" / "goc.crl").write_bytes(issuers()[0].crl())
    return tmp_path


def read(trust: Path, text: str) -> tuple[Authority, ...]:
    (trust / "timestamps.toml").write_text(text, encoding="utf-8")
    return read_timestamp_authorities(trust).authorities


def test_without_the_file_nobody_is_asked(trust: Path) -> None:
    assert read_timestamp_authorities(trust) is NO_AUTHORITY


def test_what_stands_there_is_read(trust: Path) -> None:
    (one,) = read(trust, ONE)
    assert (one.name, one.url, one.policy) == ("mot", "https://tsa.example.vn/tsr", "1.2.3.4")
    assert one.trust.roots == (issuers()[0].der,)
    assert len(one.trust.crls) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "needed = 0\n" + ONE,
        "needed = 2\n" + ONE,
        "neded = 1\n" + ONE,
        ONE + ONE,
        ONE.replace("goc.pem", "khac.pem"),
        ONE.replace("goc.pem", "goc.crl"),
        ONE.replace('["goc.pem"]', "[]"),
        ONE.replace("https", "ftp"),
        ONE.replace("1.2.3.4", "chinh-sach"),
        ONE.replace('"mot"', '"Một đơn vị"'),
        ONE.replace('url = "https://tsa.example.vn/tsr"\n', ""),
        ONE + 'certificate = "x"\n',
        "[[authority",
        "authority = 3",
    ],
)
def test_what_is_half_right_is_refused(trust: Path, text: str) -> None:
    with pytest.raises(Refused) as refused:
        read(trust, text)
    assert refused.value.problem is Problem.TRUST_UNREADABLE
