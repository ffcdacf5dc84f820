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
# Beside the demo's and a real one's: nobody starts a training over their data by leaving a word out.
TRAINING_DATA = Path("instance-tap-huan")
INSTANCE_FILE = "hocba.toml"


class Settings(BaseSettings):
    """How this instance runs. Each field is documented in docs/operations.md (a test holds that)."""

    model_config = SettingsConfigDict(env_prefix="HOCBA_", frozen=True, extra="ignore")

    data: Path = Field(DEFAULT_DATA, description="Thư mục của bản cài: cơ sở dữ liệu, khóa, tệp tạm.")
    training: bool = Field(False, description="Bản tập huấn: chỉ chạy với thư mục của bản tập huấn, và ngược lại.")
    database_url: str = Field("", description="SQLAlchemy URL; rỗng: SQLite trong thư mục của bản cài.")
    limits_storage: str = Field("memory://", description="Nơi đếm giới hạn: memory:// (một tiến trình) hoặc redis://…")
    queue: str = Field("", description="Hàng đợi việc dài; rỗng: tệp trong thư mục của bản cài, hoặc redis://…")
    proxies: int = Field(0, ge=0, le=5, description="Số proxy tin cậy đứng trước (ProxyFix); 0: không có.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Mức ghi nhật ký.")
    sandbox_workers: int = Field(3, ge=1, le=32, description="Số tiến trình con mở tệp tải lên.")
    verifier: str = Field("", description="Nơi mở tệp tải lên: ổ cắm của hocba verifier, hoặc own (tiến trình con).")
    misses_limit: str = Field("20 per minute; 200 per day", description="Tra cứu không thấy, mỗi địa chỉ.")
    school_misses_limit: str = Field("100 per minute; 1000 per day", description="Xem không được, cả một đơn vị.")
    guessing_limit: str = Field("2000 per hour", description="Tra cứu không thấy của cả cổng, quá thì báo động.")
    second_step_limit: str = Field("5 per day", description="Ngày sinh sai ở bước hai, mỗi học bạ.")
    codes_limit: str = Field("5 per minute; 20 per day", description="Mã bước hai sai khi đăng nhập, mỗi tài khoản.")
    second_step: Literal["", "off", "staff"] = Field(
        "", description="Ai phải có bước thứ hai khi đăng nhập; rỗng: cán bộ, trừ bản mẫu."
    )
    fresh_minutes: int = Field(15, ge=1, le=60, description="Việc hệ trọng hỏi lại mật khẩu sau bao nhiêu phút.")
    hits_limit: str = Field("600 per minute", description="Tra cứu thấy, mỗi địa chỉ (cả trường sau một NAT).")
    sign_in_limit: str = Field("10 per minute; 100 per day", description="Lần đăng nhập sai, mỗi địa chỉ và tài khoản.")
    checks_limit: str = Field("12 per minute; 300 per day", description="Tệp gửi kiểm tra, mỗi địa chỉ.")
    batches_limit: str = Field("10 per hour; 40 per day", description="Lượt tiếp nhận hồ sơ chuyển đến, mỗi tài khoản.")
    api_limit: str = Field("300 per minute; 20000 per day", description="Yêu cầu của phần mềm, mỗi khóa API.")
    api_files_limit: str = Field("30 per minute; 600 per day", description="Tệp phần mềm gửi, mỗi khóa API.")
    api_network_limit: str = Field("1200 per minute", description="Yêu cầu của phần mềm, mỗi địa chỉ.")
    custody_receiving_days: int = Field(
        3, ge=1, le=60, description="Ngày làm việc để trường nơi chuyển đến trả lời đơn chuyển trường."
    )
    custody_keeping_days: int = Field(
        3, ge=1, le=60, description="Ngày làm việc để trường nơi chuyển đi trả lời, sau khi nơi đến đồng ý."
    )
    amendment_days: int = Field(2, ge=1, le=60, description="Ngày làm việc để trả lời yêu cầu sửa học bạ.")
    subject_days: int = Field(2, ge=1, le=60, description="Ngày làm việc để trả lời yêu cầu về dữ liệu cá nhân.")
    mail_host: str = Field("", description="Máy chủ SMTP nhận thư báo của cổng; rỗng: không gửi thư.")
    mail_port: int = Field(587, ge=1, le=65535, description="Cổng của máy chủ SMTP.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Bảo vệ đường đến máy chủ SMTP; none chỉ khi máy chủ ở chính máy này."
    )
    mail_user: str = Field("", description="Tên đăng nhập SMTP; rỗng: không đăng nhập.")
    mail_password_file: str = Field("", description="Tệp chứa mật khẩu SMTP, chỉ chủ đọc được.")
    mail_from: str = Field("", description="Địa chỉ gửi của thư báo.")
    ledger_months: int = Field(36, ge=12, le=600, description="Giữ nhật ký truy cập bao nhiêu tháng.")
    openid_issuer: str = Field("", description="Nơi cung cấp danh tính OpenID Connect; rỗng: không dùng.")
    openid_client_id: str = Field("", description="Mã của cổng ở nơi cung cấp danh tính.")
    openid_secret_file: str = Field("", description="Tệp chứa bí mật của cổng ở đó, chỉ chủ đọc được.")
    openid_claim: str = Field("sub", description="Trường của ID token gọi đúng một người, mãi mãi.")
    openid_name: str = Field("danh tính điện tử", min_length=1, description="Tên gọi trên nút đăng nhập.")
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
    training: bool = False
    secret_key: str = Field(repr=False)


def load(data: Path | None = None) -> Settings:
    """Settings from defaults, environment and the chosen folder (argument before HOCBA_DATA before ./instance)."""
    settings = Settings(data=data.resolve()) if data is not None else Settings()
    return for_training(settings) if settings.training else settings


def for_training(settings: Settings) -> Settings:
    """The same settings of a training instance: in a folder of its own where none was chosen."""
    folder = {} if "data" in settings.model_fields_set else {"data": TRAINING_DATA}
    return settings.model_copy(update={"training": True, **folder})


def instance_file(settings: Settings) -> Path:
    return settings.data / INSTANCE_FILE


def load_instance(settings: Settings) -> Instance:
    """Read hocba.toml.

    Raises Refused: NOT_INITIALISED when `hocba init` has not run; TRAINING_DATA where a real portal is to run on a
    training's data, REAL_DATA for the other way round.
    """
    path = instance_file(settings)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(Problem.NOT_INITIALISED, path=str(settings.data)) from error
    instance = Instance(**values)
    if instance.training and not settings.training:
        raise Refused(Problem.TRAINING_DATA, path=str(settings.data))
    if settings.training and not instance.training:
        raise Refused(Problem.REAL_DATA, path=str(settings.data))
    return instance


def database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data.resolve() / 'hocba.sqlite3'}"
