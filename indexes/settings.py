"""Settings that the writer and the reader share, read once from the environment (and `.env`), frozen, with units.

Only the doors read them (commands, `service.settings`); everything below gets values as arguments.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexes.errors import SettingsError
from indexes.library import DEFAULT_MAX_FILE_BYTES
from indexes.limited.sandbox import SandboxSetting
from indexes.logs import LogLevel
from indexes.manifest import DenseSetting

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _of_postgres(address: SecretStr) -> SecretStr:
    """Refuse what is no address of PostgreSQL, without repeating it."""
    if not address.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("expected an address that begins with postgresql://, got another")
    return address


class LibrarySettings(BaseSettings):
    """Where the three places are, and what encodes. Each is the environment variable `GREENLIT_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GREENLIT_", env_file=".env", extra="ignore", frozen=True)

    library: Folder = Field(Path("approved_docs"), description="the folder with sources.toml and register.jsonl")
    builds: Folder = Field(Path("indexes/builds"), description="the folder of published builds")
    state: Folder = Field(Path("var"), description="the folder of the audit store, keys and token")
    encoder: str = Field("all-MiniLM-L6-v2", min_length=1, description="the encoder: this name, or a model's folder")
    dense_index: DenseSetting = Field("auto", description="the dense index: auto (by size), flat (exact) or ivf")
    max_file_bytes: int = Field(DEFAULT_MAX_FILE_BYTES, ge=1, description="larger files are kept out, in bytes")
    parse_timeout_s: float = Field(120.0, gt=0, description="a document that takes longer to parse is kept out, in s")
    parse_memory_bytes: int = Field(2 << 30, ge=256 << 20, description="memory limit of the parsing process, in bytes")
    parser_sandbox: SandboxSetting = Field(
        "auto",
        description="what holds the parsing process: auto, what the kernel has; require, nothing is parsed in less",
    )
    database_url: Annotated[SecretStr, AfterValidator(_of_postgres)] | None = Field(
        None,
        description="the PostgreSQL database of the log, and of the register once it was moved there, as "
        "postgresql://USER@HOST:5432/DATABASE; files unless set",
    )
    log_level: LogLevel = Field(
        "info", description="what is logged by programs that run on: debug, info, warning or error, and what is worse"
    )

    def database(self) -> str:
        """Return the address of the database, which may hold a password; empty where there is none."""
        return self.database_url.get_secret_value() if self.database_url else ""


def settings_error(error: ValidationError) -> SettingsError:
    """Turn pydantic's complaint into ours: the variable, what was expected, without echoing secrets."""
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:  # of several variables together: the message names them
        return SettingsError(message)
    name = "GREENLIT_" + "_".join(str(part) for part in first["loc"]).upper()
    return SettingsError(f"{name}: {message}")


def read_library_settings() -> LibrarySettings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable that is wrong.
    """
    try:
        return LibrarySettings()
    except ValidationError as error:
        raise settings_error(error) from error
