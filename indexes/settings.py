"""Settings that the writer and the reader share, read once from the environment (and `.env`), frozen, with units.

Only the doors read them (commands, `service.settings`); everything below gets values as arguments.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexes.errors import SettingsError
from indexes.library import DEFAULT_MAX_FILE_BYTES
from indexes.limited.sandbox import SandboxSetting
from indexes.logs import LogLevel
from indexes.manifest import DenseSetting
from indexes.milvus_address import milvus_address
from indexes.objects.address import checked_address, is_address, short_name

_MIRRORS = "builds"  # in the folder of the state, for builds that lie elsewhere
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _of_milvus(address: SecretStr) -> SecretStr:
    milvus_address(address.get_secret_value())  # a wrong one is not repeated
    return address


def _of_postgres(address: SecretStr) -> SecretStr:
    """Refuse what is no address of PostgreSQL, without repeating it."""
    if not address.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("expected an address that begins with postgresql://, got another")
    return address


class LibrarySettings(BaseSettings):
    """Where the three places are, and what encodes. Each is the environment variable `GREENLIT_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GREENLIT_", env_file=".env", extra="ignore", frozen=True)

    library: Folder = Field(Path("approved_docs"), description="the folder with sources.toml and register.jsonl")
    builds: Folder = Field(
        Path("indexes/builds"),
        description="the folder of published builds, or where they lie elsewhere, like s3://bucket/prefix; "
        "gs://, az:// and file:// as well",
    )
    builds_cache: Folder | None = Field(
        None, description="the folder here that mirrors builds at an address; var/builds unless set"
    )
    state: Folder = Field(Path("var"), description="the folder of the audit store, keys and token")
    encoder: str = Field("all-MiniLM-L6-v2", min_length=1, description="the encoder: this name, or a model's folder")
    dense_index: DenseSetting = Field("auto", description="the dense index: auto (by size), flat (exact) or ivf")
    index: Literal["faiss", "milvus"] = Field(
        "faiss",
        description="where passages are looked for: faiss, in the build's own indexes; milvus, on a server",
    )
    milvus_uri: Annotated[SecretStr, AfterValidator(_of_milvus)] | None = Field(
        None,
        description="that server, as https://USER:PASSWORD@HOST:19530/DATABASE; needs greenlit[milvus]",
    )
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
    _address: str = PrivateAttr("")

    @model_validator(mode="wrap")
    @classmethod
    def _builds_at_an_address(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Where builds lie at an address, let `builds` be the folder here that mirrors it: all else reads that."""
        given = str(values.get("builds", "")) if isinstance(values, dict) else ""
        if not is_address(given):
            return handler(values)
        try:
            address = checked_address(given)
        except ValueError as error:
            raise ValueError(f"GREENLIT_BUILDS: {error}") from None
        mirrors = values.get("builds_cache") or Path(values.get("state", "var")) / _MIRRORS
        settings = handler(values | {"builds": Path(mirrors) / short_name(address)})
        settings._address = address  # noqa: SLF001 - its own
        return settings

    def builds_address(self) -> str:
        """Return the address of the object store that `builds` mirrors; empty where builds lie in that folder."""
        return self._address

    @model_validator(mode="after")
    def _named_server(self) -> Self:
        if self.index == "milvus" and self.milvus_uri is None:
            raise ValueError("expected GREENLIT_MILVUS_URI with GREENLIT_INDEX=milvus, got none")
        return self

    def milvus(self) -> str:
        """Return the address of the server that candidates come from, which may hold a password; empty without one."""
        return self.milvus_uri.get_secret_value() if self.index == "milvus" and self.milvus_uri else ""

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
