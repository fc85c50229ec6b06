"""`models.toml`: the language models that an organisation approved, written by hand beside the allowlist of sources.

Reads and checks it as strictly as that one: an unknown key is an error, because a misspelt `sources` must not mean
something else to the next version. Calls nothing, and does not look at keys: those are in the environment.

    [[model]]
    name = "writer"                        # as GREENLIT_MODEL names it
    url = "https://models.example/v1"      # of an OpenAI-compatible API; http only on this machine
    model = "qwen3-8b"                     # its name there
    owner = "it@example.org"               # who answers for it here
    approved_by = "legal@example.org"      # nobody approved it without
    expires = 2027-06-30                   # the last day of the approval
    sources = ["handbook"]                 # whose passages it may be sent; "*" is every source
    groups = ["staff"]                     # and only of documents that one of these may read; one of the two at least
    region = "EU"                          # what was agreed: where it runs,
    retention = "none"                     # how long they keep what is sent,
    training = false                       # and whether they train on it
    api_key_env = "MODELS_API_KEY"         # the environment variable with its key, if it wants one
    proxy = "http://proxy.example:3128"    # what is between, if anything is; the environment's is not used
    timeout_s = 60                         # how long a call may take in all,
    silent_s = 30                          # how long without a byte,
    at_once = 8                            # how many calls at once,
    most_tokens = 700                      # and how long a text at most, for a model that is slow
"""

import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from indexes.names import misleading_in
from service.models.approved import ANY_SOURCE, ApprovedModel, Endpoint, Limits, MaySend, Terms
from service.models.errors import ModelsFileError

MODELS_FILE = "models.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}|\*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_KEYS = {"name", "url", "model", "owner", "approved_by", "expires", "sources", "groups", "region", "retention"}
_KEYS |= {"training", "api_key_env", "proxy", "timeout_s", "silent_s", "at_once", "most_tokens"}
MAX_BYTES = 1 << 20
_MAX_TEXT_CHARS = 300
_MAX_SECONDS = 600
_MAX_AT_ONCE = 256
_MAX_TOKENS = 1 << 16
_WHOLE = {"at_once", "most_tokens"}
_OURS = "GREENLIT_"  # whoever writes the file must not send a secret of the service to an address of theirs


@dataclass(frozen=True, slots=True)
class ModelsSaid:
    """What the file says: the models by name, in its order; `sha256` (hex) is of its bytes, of nothing without one."""

    models: Mapping[str, ApprovedModel] = field(default_factory=dict)
    sha256: str = hashlib.sha256(b"").hexdigest()


def read_models(content: bytes, path: Path) -> ModelsSaid:
    """Understand the file.

    Args:
        content: its bytes.
        path: where it lies, for messages.

    Raises:
        ModelsFileError: naming the file, the model and the key, with what was expected and what came. Never the value
            of a key or an address, which may hold a secret.
    """
    if len(content) > MAX_BYTES:
        raise ModelsFileError(f"{path}: expected at most {MAX_BYTES} bytes, got more")
    try:
        raw = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ModelsFileError(f"{path} cannot be read as TOML: {error}") from error
    entries = raw.pop("model", [])
    if raw or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ModelsFileError(f"{path}: expected [[model]] tables and nothing else, got {sorted(raw) or 'no such'}")
    models: dict[str, ApprovedModel] = {}
    for number, entry in enumerate(entries, 1):
        model = _model(path, number, entry)
        if model.name in models:
            raise ModelsFileError(f"{path}: two models have the name '{model.name}'")
        models[model.name] = model
    return ModelsSaid(models, hashlib.sha256(content).hexdigest())


def _model(path: Path, number: int, entry: dict[str, Any]) -> ApprovedModel:
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelsFileError(f"{path}: model {number}: expected name = lower-case letters, digits, '-', '_' and '.'")
    said = _Entry(f"{path}: model '{name}'", entry)
    if unknown := set(entry) - _KEYS:
        said.refuse(f"unknown key {min(unknown)!r}; expected some of {sorted(_KEYS)}")
    return ApprovedModel(
        name=name,
        endpoint=Endpoint(
            url=said.address("url", in_the_clear="on this machine"),
            model=said.text("model"),
            api_key_env=said.variable("api_key_env"),
            proxy=said.address("proxy", in_the_clear="anywhere") if "proxy" in entry else None,
        ),
        owner=said.text("owner"),
        approved_by=said.text("approved_by") if entry.get("approved_by", "") != "" else "",
        expires=said.day("expires"),
        may_send=_may_send(said),
        terms=Terms(
            region=said.text("region") if "region" in entry else None,
            retention=said.text("retention") if "retention" in entry else None,
            training=said.flag("training"),
        ),
        limits=_limits(said),
    )


def _may_send(said: "_Entry") -> MaySend:
    sources, groups = said.names("sources"), said.names("groups")
    if sources is None and groups is None:
        said.refuse('expected what it may be sent, as sources = ["handbook"] or groups = ["staff"], got neither')
    if wrong := [source for source in sorted(sources or ()) if not _SOURCE.fullmatch(source)]:
        said.refuse(f'expected sources = names of sources, or "{ANY_SOURCE}", got {wrong[0]!r}')
    return MaySend(sources, groups)


def _limits(said: "_Entry") -> Limits:
    usual = Limits()
    timeout_s = said.number("timeout_s", usual.timeout_s, _MAX_SECONDS)
    silent_s = said.number("silent_s", min(usual.silent_s, timeout_s), _MAX_SECONDS)
    if silent_s > timeout_s:
        said.refuse(f"expected silent_s to be at most timeout_s ({timeout_s:g}), got {silent_s:g}")
    at_once = int(said.number("at_once", usual.at_once, _MAX_AT_ONCE))
    most_tokens = int(said.number("most_tokens", 1, _MAX_TOKENS)) if "most_tokens" in said.values else None
    return Limits(timeout_s, silent_s, at_once, most_tokens)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One table of the file, and how its values are taken; each refuses what it does not expect."""

    where: str
    values: Mapping[str, Any]

    def refuse(self, message: str) -> NoReturn:
        raise ModelsFileError(f"{self.where}: {message}")

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT_CHARS:
            self.refuse(f"expected {key} = a text of 1 to {_MAX_TEXT_CHARS} characters, got {_kind(value)}")
        if found := misleading_in(value):
            self.refuse(f"expected {key} to hold plain text, got {value!r}, which holds {found}")
        return str(value).strip()

    def names(self, key: str) -> frozenset[str] | None:
        if key not in self.values:
            return None
        names = self.values[key]
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
            self.refuse(f"expected {key} = a list of one name or more, got {names!r}")
        for name in names:
            if found := misleading_in(name):
                self.refuse(f"expected {key} = plain names, got {name!r}, which holds {found}")
        return frozenset(name.strip() for name in names)

    def day(self, key: str) -> date:
        value = self.values.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ModelsFileError(f"{self.where}: expected {key} = a day, like 2027-06-30, got {_kind(value)}")

    def flag(self, key: str) -> bool | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"expected {key} = true or false, got {_kind(value)}")
        return value

    def number(self, key: str, usual: float, most: int) -> float:
        value = self.values.get(key, usual)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value <= most:
            self.refuse(f"expected {key} = a number from 1 to {most}, got {_kind(value)}")
        if key in _WHOLE and value != int(value):
            self.refuse(f"expected {key} = a whole number, got {value!r}")
        return float(value)

    def variable(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and (not isinstance(value, str) or not _VARIABLE.fullmatch(value)):
            self.refuse(
                f"expected {key} = the name of an environment variable, like MODELS_API_KEY, got another form: "
                "a key itself does not belong into the file"
            )
        if value is not None and value.startswith(_OURS):
            self.refuse(f"expected {key} = a variable made for the model, got {value}, which is a setting of Greenlit")
        return value

    def address(self, key: str, *, in_the_clear: str) -> str:
        value = self.values.get(key)
        try:
            parts = urlsplit(value) if isinstance(value, str) else SplitResult("", "", "", "", "")
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, SplitResult("", "", "", "", "")
        plain = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
        if not plain or parts.scheme not in ("http", "https") or not host:
            self.refuse(f"expected {key} = an address like https://models.example/v1, got {_kind(value)}")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            self.refuse(f"expected {key} without a name, a password, '?' or '#': a key goes into api_key_env")
        if parts.path.rstrip("/").endswith("/chat/completions"):
            self.refuse(f"expected {key} up to /v1, got it with /chat/completions, which is added")
        if parts.scheme == "http" and in_the_clear != "anywhere" and not _is_here(str(host)):
            self.refuse(f"expected {key} = https://..., got http:// to another machine, where others could listen")
        return str(value).rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kind(value: Any) -> str:
    """Say what came without showing it."""
    if value is None or value == "":
        return "nothing"
    return f"a text of {len(value)} characters" if isinstance(value, str) else f"a {type(value).__name__}"
