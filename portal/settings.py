"""All settings, frozen; the only reader of the environment.

An instance is a folder (`--data DIR` or `HOCBA_DATA`). `hocba init` writes `hocba.toml` there with what must never
change afterwards (public address, units' codes, names printed on records); environment variables `HOCBA_…` win
over defaults for how the service runs.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal.errors import Problem, Refused

DEFAULT_DATA = Path("instance")
INSTANCE_FILE = "hocba.toml"


class Settings(BaseSettings):
    """How this instance runs. Each field is documented in docs/operations.md (a test holds that)."""

    model_config = SettingsConfigDict(env_prefix="HOCBA_", frozen=True, extra="ignore")

    data: Path = Field(DEFAULT_DATA, description="Thư mục của bản cài: cơ sở dữ liệu, khóa, tệp tạm.")
    database_url: str = Field("", description="SQLAlchemy URL; rỗng: SQLite trong thư mục của bản cài.")
    limits_storage: str = Field("memory://", description="Nơi đếm giới hạn: memory:// (một tiến trình) hoặc redis://…")
    queue: str = Field("", description="Hàng đợi việc dài; rỗng: tệp trong thư mục của bản cài, hoặc redis://…")
    proxies: int = Field(0, ge=0, le=5, description="Số proxy tin cậy đứng trước (ProxyFix); 0: không có.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Mức ghi nhật ký.")
    sandbox_workers: int = Field(2, ge=1, le=32, description="Số tiến trình con mở tệp tải lên.")
    misses_limit: str = Field("20 per minute; 200 per day", description="Tra cứu không thấy, mỗi địa chỉ.")
    hits_limit: str = Field("600 per minute", description="Tra cứu thấy, mỗi địa chỉ (cả trường sau một NAT).")
    sign_in_limit: str = Field("10 per minute; 100 per day", description="Lần đăng nhập sai, mỗi địa chỉ và tài khoản.")
    checks_limit: str = Field("12 per minute; 300 per day", description="Tệp gửi kiểm tra, mỗi địa chỉ.")
    api_limit: str = Field("300 per minute; 20000 per day", description="Yêu cầu của phần mềm, mỗi khóa API.")
    api_files_limit: str = Field("30 per minute; 600 per day", description="Tệp phần mềm gửi, mỗi khóa API.")
    api_network_limit: str = Field("1200 per minute", description="Yêu cầu của phần mềm, mỗi địa chỉ.")
    session_hours: int = Field(10, ge=1, le=24, description="Phiên làm việc dài nhất, giờ.")
    session_idle_minutes: int = Field(30, ge=5, le=240, description="Phiên tự hết khi không thao tác, phút.")


class Instance(BaseModel):
    """What `hocba init` fixed for good (read from hocba.toml, never from the environment)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    system_name: str
    owner_name: str
    department_code: str
    log_origin: str
    demo: bool
    secret_key: str = Field(repr=False)


def load(data: Path | None = None) -> Settings:
    """Settings from defaults, environment and the chosen folder (argument before HOCBA_DATA before ./instance)."""
    return Settings(data=data.resolve()) if data is not None else Settings()


def instance_file(settings: Settings) -> Path:
    return settings.data / INSTANCE_FILE


def load_instance(settings: Settings) -> Instance:
    """Read hocba.toml; raises Refused(NOT_INITIALISED) when `hocba init` has not run."""
    path = instance_file(settings)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(Problem.NOT_INITIALISED, path=str(settings.data)) from error
    return Instance(**values)


def database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data.resolve() / 'hocba.sqlite3'}"
