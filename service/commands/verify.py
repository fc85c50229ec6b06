"""The command `greenlit audit verify`: the whole log where it lies, or an export, or one receipt.

Only reads files: nothing is recorded, because nothing of the records is shown, and a running service is not asked,
because what it says would have to be believed. An export or a receipt goes to `service.audit.checking.verifier` as it
is, the same file that an auditor can carry. Exit codes: 0 all is well, 1 found wrong, or not all could be checked,
2 used wrongly.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.audit.errors import AuditError, NoteError
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.audit.checking.store_check import Witnessed
    from service.audit.checking.verify_store import Verdict


def verify(
    export: Annotated[Path | None, typer.Argument(help="an exported folder; without it, this log")] = None,
    key: Annotated[list[str] | None, typer.Option(help="the log's key, as `greenlit audit key` prints it")] = None,
    witness: Annotated[Path | None, typer.Option(help="the folder of a witness, or one of its notes")] = None,
    witness_key: Annotated[str, typer.Option(help="the witness's key; from its folder unless given")] = "",
    proof: Annotated[Path | None, typer.Option(help="a proof, as `greenlit audit proof` prints it")] = None,
    receipt: Annotated[str, typer.Option(help="the leaf hash of the receipt that the proof is for")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Verify the log: leaves, order, tree, checkpoints, texts, witness. Names the first record that is wrong."""
    keys = [one.strip() for one in key or []]
    try:
        for one in keys:
            _check_key(one)
        witness_key = witness_key.strip() or _key_beside(witness)
        if export is not None or proof is not None:
            code = _carried(export, keys, witness, witness_key, proof, receipt)
        else:
            code = _whole(read_settings(), keys, _witnessed(witness, witness_key), as_json=as_json)
    except (SettingsError, NoteError) as error:
        raise fail(error, 2) from error
    except (AuditError, OSError, UnicodeDecodeError) as error:
        raise fail(error, 1) from error
    raise typer.Exit(code)


def _check_key(text: str) -> None:
    """Refuse what is no verifier key before anything is called wrong because of it."""
    from service.audit.formats.notes import read_verifier_key

    read_verifier_key(text)


def _key_beside(witness: Path | None) -> str:
    """Return the key that a witness keeps in its folder; good enough to compare, not to know who it is."""
    if witness is None:
        return ""
    folder = witness if witness.is_dir() else witness.parent
    return (folder / "witness.pub").read_text(encoding="utf-8").strip()


def _carried(
    export: Path | None, keys: list[str], witness: Path | None, witness_key: str, proof: Path | None, receipt: str
) -> int:
    from service.audit.checking import verifier

    arguments = [str(export)] if export is not None else []
    for one in keys:
        arguments += ["--key", one]
    options = {"--witness": witness, "--witness-key": witness_key, "--proof": proof, "--receipt": receipt}
    for name, value in options.items():
        arguments += [name, str(value)] if value else []
    return verifier.main(arguments)


def _witnessed(witness: Path | None, witness_key: str) -> "Witnessed | None":
    from service.audit.checking.store_check import Witnessed
    from service.audit.checking.witness import NOTE_SUFFIX

    if witness is None:
        return None
    paths = sorted(witness.glob(f"*{NOTE_SUFFIX}")) if witness.is_dir() else [witness]
    notes = tuple(path.read_text(encoding="utf-8") for path in paths if ".refused-" not in path.name)
    if not notes:
        raise fail(f"expected notes of a witness in {witness}, found none", 2)
    return Witnessed(key=witness_key, notes=notes)


def _whole(settings: Settings, keys: list[str], witness: "Witnessed | None", *, as_json: bool) -> int:
    from service.audit.checking.at_hand import at_hand
    from service.audit.checking.verify_store import verify_store
    from service.audit.opening import log_at_rest
    from service.audit.shards import key_name

    store = log_at_rest(settings.state, database=settings.database())
    name, has_checkpoints = key_name(settings.log_name), store.checkpoint_count() > 0
    here = at_hand(settings.keys_folder(), name=name, given=keys, has_checkpoints=has_checkpoints)
    verdict = verify_store(
        store,
        keys=here.keys,
        keyring=here.keyring,
        signed=here.signed,
        witness=witness,
        unchecked=here.unchecked,
    )
    if as_json:
        out.json(verdict.as_json())
    else:
        _print(verdict)
    return 0 if verdict.ok else 1


def _print(verdict: "Verdict") -> None:
    for problem in verdict.problems:
        record = "" if problem.seq is None else f"record {problem.seq}, "
        out.line(("WRONG", "red"), f" {record}promise {problem.promise}: {problem.detail}")
    for words in verdict.unchecked:
        out.line(("CANNOT BE CHECKED", "yellow"), f" {words}")
    counts = dict(verdict.counts)
    wrong = counts.pop("wrong")
    fine = "what could be checked is as it was signed" if verdict.unchecked else "all is as it was signed"
    out.line((f"{wrong} wrong", "red") if wrong else (fine, "green"))
    out.line(", ".join(f"{name} {count}" for name, count in counts.items()))
    for remark in verdict.remarks:
        out.line((remark, "dim"))
