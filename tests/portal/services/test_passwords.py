"""Which passwords are taken: long ones of one's own; what anybody would try first is refused, without a network."""

import pytest

from portal.errors import Problem, Refused
from portal.services.passwords import require_strong

USERNAME, NAME = "th01.vanthu", "Nguyễn Thị Mẫu"


@pytest.mark.parametrize("password", ["", "a", "kx9!Qp2#vLm", "mưa rào mái"])
def test_a_short_one_is_refused_however_wild(password: str) -> None:
    with pytest.raises(Refused) as refused:
        require_strong(password, USERNAME, NAME)
    assert refused.value.problem is Problem.PASSWORD_SHORT


@pytest.mark.parametrize(
    "password",
    [
        "matkhau12345",
        "Mật khẩu 123456",
        "MATKHAU@2026!",
        "Password1234!",
        "qwertyuiop123",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "HocBa@2026@2027",
        "th01.vanthu@2026",
        "NguyenThiMau2026",
        "Nguyễn Thị Mẫu 1",
        "!!!!????....,,,,;;;",
        "admin@admin@admin",
    ],
)
def test_a_common_one_or_the_own_name_is_refused(password: str) -> None:
    with pytest.raises(Refused) as refused:
        require_strong(password, USERNAME, NAME)
    assert refused.value.problem is Problem.PASSWORD_COMMON


@pytest.mark.parametrize(
    "password",
    [
        "mưa rào trên mái tôn nhà ngoại",
        "Vt7_kQe0-bZx91aL",
        "con mèo trèo cây cau",
        "дождь по крыше",
        "雨が屋根に降っている夜のこと",
        "mật khẩu của riêng bà ngoại tôi",
    ],
)
def test_one_of_ones_own_is_taken(password: str) -> None:
    require_strong(password, USERNAME, NAME)
