"""`sources.toml`: the allowlist of places that documents may come from, written by hand and reviewed like code.

Reads and checks it; a key that is not known is an error, because a misspelt `groups` must not silently mean "nobody"
to its writer and something else to the next version. Does not look at the documents: that is `library`.

    [[source]]
    name = "legal"
    kind = "folder"
    path = "../elsewhere/legal"     # the folder with the source's name unless given
    owner = "legal@example.org"
    groups = ["staff"]              # who may read; none is nobody
    approvals_required = 2          # how many different people have to approve; 1 unless given
    review_months = 12              # how long an approval holds unless it says otherwise
    proven = true                   # only approvals of people who had signed in count; false unless given
    separate_uploader = true        # nobody approves what they uploaded; false unless given
    keep_out = ["form_fields"]      # a document of which this was not read stays out (kinds of `readings` that lack
                                    # something); none is nothing; what holds unless given: `keep_out`
    reread = "ask"                  # a document that is read otherwise than when it was approved stays out until it is
                                    # approved again; "go_on" unless given: it goes on, and that is remarked
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

from indexes.errors import SourcesError
from indexes.names import misleading_in
from indexes.readings import KINDS

SOURCES_FILE = "sources.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KEYS = {"name", "kind", "path", "owner", "groups", "approvals_required", "review_months"}
_KEYS |= {"proven", "separate_uploader", "keep_out", "reread"}
_DEFAULT_REVIEW_MONTHS = 12
_LACKING = [name for name, kind in KINDS.items() if kind.lacks]


@dataclass(frozen=True, slots=True)
class Source:
    """A named place that documents come from.

    `folder` is absolute. `groups` are who may read ("staff" is every signed-in person; none means nobody).
    `approvals_required` is how many different people must approve; `review_months` an approval's default lifetime.
    Where `proven`, an approval under a name that was only typed does not count; where `separate_uploader`, nor does
    that of whoever uploaded the version. `keep_out` are the kinds of notes that keep a document out, `None` where that
    is left to `indexes.keep_out`; `reread` says what becomes of one that is read otherwise than when it was approved.
    """

    name: str
    kind: str
    folder: Path
    owner: str
    groups: tuple[str, ...]
    approvals_required: int
    review_months: int
    proven: bool = False
    separate_uploader: bool = False
    keep_out: tuple[str, ...] | None = None
    reread: Literal["ask", "go_on"] = "go_on"


Sources = Mapping[str, Source]


def source_name(document: str) -> str:
    """Return the name of the source that a document id belongs to."""
    return document.split("/", 1)[0]


def read_sources(library: Path) -> Sources:
    """Read the allowlist of a library.

    Args:
        library: the folder that holds `sources.toml`.

    Returns:
        The sources by name, in the file's order.

    Raises:
        SourcesError: naming the file, the source and the key, with what was expected and what came.
    """
    path = library / SOURCES_FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourcesError(
            f"no {SOURCES_FILE} in {library}: expected the list of approved sources there "
            "(set GREENLIT_LIBRARY, or run in the folder that holds approved_docs/)"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourcesError(f"{path} cannot be read as TOML: {error}") from error
    entries = raw.pop("source", [])
    if raw or not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise SourcesError(f"{path}: expected one or more [[source]] tables and nothing else, got {sorted(raw)}")
    sources = [_source(path, number, entry) for number, entry in enumerate(entries, 1)]
    if len({source.name for source in sources}) != len(sources):
        raise SourcesError(f"{path}: two sources have the same name")
    _refuse_nested(path, sources)
    return {source.name: source for source in sources}


def _source(path: Path, number: int, entry: dict[str, Any]) -> Source:
    where = f"{path}: source {number}"
    if not isinstance(entry.get("name"), str) or not _NAME.fullmatch(entry["name"]):
        raise SourcesError(f"{where}: expected name = lower-case letters, digits, '-' and '_'")
    where = f"{path}: source '{entry['name']}'"
    if unknown := set(entry) - _KEYS:
        raise SourcesError(f"{where}: unknown key {min(unknown)!r}; expected some of {sorted(_KEYS)}")
    if entry.get("kind", "folder") != "folder":
        raise SourcesError(f'{where}: expected kind = "folder", got {entry["kind"]!r}')
    groups = entry.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) and group.strip() for group in groups):
        raise SourcesError(f"{where}: expected groups = a list of group names, got {groups!r}")
    for key in ("owner", "path"):
        if not isinstance(entry.get(key, ""), str):
            raise SourcesError(f"{where}: expected {key} = a text, got {entry[key]!r}")
    for key, text in (
        ("owner", entry.get("owner", "")),
        ("path", entry.get("path", "")),
        *(("groups", g) for g in groups),
    ):
        if found := misleading_in(text):
            raise SourcesError(f"{where}: expected {key} to hold plain text, got {text!r}, which holds {found}")
    return Source(
        name=entry["name"],
        kind="folder",
        folder=(path.parent / entry.get("path", entry["name"])).absolute(),
        owner=entry.get("owner", ""),
        groups=tuple(group.strip() for group in groups),
        approvals_required=_count(where, entry, "approvals_required", 1, 5),
        review_months=_count(where, entry, "review_months", _DEFAULT_REVIEW_MONTHS, 120),
        proven=_flag(where, entry, "proven"),
        separate_uploader=_flag(where, entry, "separate_uploader"),
        keep_out=_keep_out(where, entry),
        reread=_reread(where, entry),
    )


def _keep_out(where: str, entry: dict[str, Any]) -> tuple[str, ...] | None:
    if "keep_out" not in entry:
        return None
    kinds = entry["keep_out"]
    if not isinstance(kinds, list):
        raise SourcesError(f"{where}: expected keep_out = a list, got {kinds!r}")
    if unknown := [kind for kind in kinds if kind not in _LACKING]:
        raise SourcesError(f"{where}: expected keep_out = some of {', '.join(_LACKING)}; got {unknown[0]!r}")
    return tuple(kinds)


def _reread(where: str, entry: dict[str, Any]) -> Literal["ask", "go_on"]:
    value = entry.get("reread", "go_on")
    if value == "ask":
        return "ask"
    if value != "go_on":
        raise SourcesError(f'{where}: expected reread = "ask" or "go_on", got {value!r}')
    return "go_on"


def _flag(where: str, entry: dict[str, Any], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise SourcesError(f"{where}: expected {key} = true or false, got {value!r}")
    return value


def _count(where: str, entry: dict[str, Any], key: str, default: int, most: int) -> int:
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise SourcesError(f"{where}: expected {key} = a whole number from 1 to {most}, got {value!r}")
    return value


def _refuse_nested(path: Path, sources: list[Source]) -> None:
    """One file must have one name, or revoking it under one name would leave it approved under the other."""
    resolved = [(source.name, source.folder.resolve()) for source in sources] if len(sources) > 1 else []
    for (name, folder), (other, around) in permutations(resolved, 2):
        if folder.is_relative_to(around):
            raise SourcesError(f"{path}: source '{name}' lies inside source '{other}'; keep them apart")
