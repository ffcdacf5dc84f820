"""The options that name a key, in one place: `hocba sign` and `hocba-sign` share them. No secret stands among them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from portal.signers.opening import FileKey, KeyPlace, TokenKey
from portal.signers.pkcs11 import TokenFacts
from portal.signers.remote import RemoteKey, Version
from verify.signing import Role

DEMO: Final = "demo"
ROLES: Final = (Role.HEAD, Role.SCHOOL_SEAL, Role.HOMEROOM_TEACHER)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """What the command line says of keys, and in which roles they sign. Field by field the options below."""

    output: Path | None
    library: str | None
    slot: str | None
    key: str | None
    csc: str | None
    credential: str | None
    csc_version: Version
    csc_token_env: str | None
    signer: str | None
    seal: Path | None
    role: tuple[str, ...]
    pin_env: str | None
    password: str | None = field(repr=False)
    replace: bool
    yes: bool

    @property
    def names_a_key_away(self) -> bool:
        """Whether an option was given that only `-o` makes sense of."""
        given = (self.library, self.slot, self.key, self.csc, self.credential, self.csc_token_env, self.pin_env)
        return bool(self.role) or self.replace or any(each is not None for each in given)

    def places(self) -> dict[KeyPlace, tuple[Role, ...]]:
        """Each key with the roles in which it signs; raises click.UsageError."""
        main = self._main_key()
        roles = tuple(role for role in ROLES if role.value in self.role) or (Role.HEAD,)
        places: dict[KeyPlace, tuple[Role, ...]] = {main: roles} if main is not None else {}
        if self.seal is not None:
            if main is not None and Role.SCHOOL_SEAL in roles:
                raise click.UsageError("--seal đã là con dấu của trường; bỏ --role school_seal")
            if main is None and self.role:
                raise click.UsageError("--role đi cùng --token, --csc hoặc --signer")
            places[FileKey(self.seal)] = (Role.SCHOOL_SEAL,)
        if not places:
            raise click.UsageError("cần --token, --csc, --signer hoặc --seal")
        return places

    def _main_key(self) -> KeyPlace | None:
        if sum(each is not None for each in (self.library, self.csc, self.signer)) > 1:
            raise click.UsageError("chỉ chọn một trong --token, --csc, --signer")
        if self.library is None and (self.slot is not None or self.key is not None):
            raise click.UsageError("--slot và --key đi cùng --token")
        if (self.csc is None) != (self.credential is None):
            raise click.UsageError("--csc và --credential đi cùng nhau")
        if self.library is not None:
            return TokenKey(self.library, self.slot, self.key)
        if self.csc is not None and self.credential is not None:
            return RemoteKey(self.csc, self.credential, self.csc_version, secret_in(self.csc_token_env))
        return FileKey(key_file(self.signer)) if self.signer is not None else None


def key_options(command: _F) -> _F:
    """Put the options on a command; they arrive as keywords under the names of `KeyChoice`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: Final = (
    click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Ký tại máy này và ghi tệp gói đã ký ra đây; không cần bản cài.",
    ),
    click.option("--token", "library", metavar="LIB", help="USB token: tệp thư viện PKCS#11 của nhà cung cấp."),
    click.option("--slot", metavar="NHÃN", help="Nhãn hoặc số của USB token, khi cắm nhiều cái."),
    click.option("--key", metavar="TÊN", help="Tên hoặc mã (CKA_ID) của khóa, khi USB token có nhiều khóa."),
    click.option("--csc", metavar="URL", help="Ký số từ xa: địa chỉ dịch vụ, phần đứng trước /csc/."),
    click.option("--credential", metavar="MÃ", help="Mã chứng thư ở dịch vụ ký số từ xa."),
    click.option("--csc-version", type=click.Choice(["v1", "v2"]), default="v1", show_default=True, help="Bản CSC."),
    click.option("--csc-token-env", metavar="BIẾN", help="Biến môi trường chứa mã truy cập (OAuth) của dịch vụ."),
    click.option("--signer", help="“demo”, hoặc tệp khóa PEM/PKCS#12 của người ký."),
    click.option("--seal", type=_FILE, help="Tệp khóa của con dấu trường."),
    click.option(
        "--role",
        multiple=True,
        type=click.Choice([role.value for role in ROLES]),
        help="Ký với vai nào; ghi nhiều lần được. Mặc định: head.",
    ),
    click.option("--pin-env", metavar="BIẾN", help="Biến môi trường chứa mã PIN; bỏ trống thì hỏi khi ký."),
    click.option("--password", envvar="HOCBA_KEY_PASSWORD", help="Mật khẩu của tệp khóa (hoặc HOCBA_KEY_PASSWORD)."),
    click.option("--replace", is_flag=True, help="Ký lại cả vai đã có chữ ký."),
    click.option("--yes", is_flag=True, help="Không hỏi lại trước khi ký."),
)


def key_file(path: str) -> Path:
    """The path of a key file that is there; raises click.BadParameter."""
    found = Path(path)
    if path == DEMO and not found.is_file():
        words = "khóa mẫu chỉ ký trong bản cài mẫu: hocba sign SỐ-GÓI --signer demo (không phải hocba-sign, không -o)"
        raise click.BadParameter(words, param_hint="--signer")
    if not found.is_file():
        raise click.BadParameter(f"không có tệp khóa {path}", param_hint="--signer")
    return found


def secret_in(variable: str | None) -> str | None:
    """The value of an environment variable that the command line names; raises click.UsageError if it is not there.

    Read by click, as for every option with `envvar`: the program itself reads the environment in settings only.
    """
    if variable is None:
        return None
    value = click.Option(["--secret"], envvar=variable).resolve_envvar_value(click.get_current_context())
    if not value:
        raise click.UsageError(f"biến môi trường {variable} trống")
    return value


class TypedSecrets:
    """`portal.signers.opening.Secrets` from the keyboard, or from the variable that the command line names."""

    def __init__(self, choice: KeyChoice) -> None:
        self._given = secret_in(choice.pin_env)
        self._password = choice.password

    def password(self, path: Path) -> str:
        return self._password or self._given or _typed(f"Mật khẩu của tệp khóa {path.name}")

    def token_pin(self, token: TokenFacts) -> str:
        if token.few_tries or token.last_try:
            tries = "chỉ còn một lần nhập" if token.last_try else "lần trước mã PIN nhập sai"
            click.echo(f"USB token “{token.label}”: {tries}; sai nữa có thể bị khóa.", err=True)
        return self._given or _typed(f"Mã PIN của USB token “{token.label}” (số {token.serial})")

    def pin(self, of: str) -> str:
        return self._given or _typed(f"Mã PIN của chứng thư “{of}”")

    def one_time_code(self, of: str) -> str:
        return _typed(f"Mã xác thực một lần (OTP) cho chứng thư “{of}”")


def _typed(question: str) -> str:
    return str(click.prompt(question, hide_input=True, err=True))


def choice_from(given: Mapping[str, Any]) -> KeyChoice:
    """The options as they arrived."""
    return KeyChoice(**given)
