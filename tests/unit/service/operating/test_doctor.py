"""The doctor: each part that is wrong is found, named, and told how to mend."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import service.operating.doctor
from indexes.clock import utc_now
from indexes.errors import EncoderError, SettingsError
from indexes.limited.process import held_here
from indexes.limited.sandbox import Sandbox, SandboxSetting
from indexes.model_files import folder_digest
from indexes.register import Register
from indexes.register_state import register_hash
from service.access.key_ring import KeyRing, KeyWish
from service.access.key_store import KEYS_FILE
from service.access_made import key_ring
from service.audit.events import register_extended
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.models.errors import ModelUnavailableError
from service.models.models_file import MODELS_FILE
from service.models.trying import FACT
from service.operating.checks import Check
from service.operating.doctor import examine
from service.settings import Settings
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.kernel_fences import filters_calls, landlock_version
from tests.support.made_once import grown
from tests.support.model_parts import ENTRY, SayingModel, written
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, TRAVEL_TEXT, settings_for

FAR = date(2099, 1, 1)  # the doctor looks at the real clock


@pytest.fixture(autouse=True)
def _fast_encoder(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(service.operating.doctor, "load_encoder", lambda _name, **_more: library.encoder)
    monkeypatch.setattr(service.operating.doctor, "held_here", lambda _setting: Sandbox(6, filtered=True))
    monkeypatch.setenv("container", "as root or not, nothing is wrong with the account")


@pytest.fixture
def settings(library: TinyLibrary) -> Settings:
    """Return the settings of an installation with nothing wrong."""
    grown(library, _ingested)
    return settings_for(library)


def _ingested(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT, expires=FAR)
    library.add(TRAVEL, TRAVEL_TEXT, expires=FAR)
    library.add("security/doors.md", "# Doors\n\nDoors are locked at seven.\n", expires=FAR)
    library.approve("security/doors.md", by="ben@x.example", expires=FAR)
    library.ingest()


def _nothing_runs() -> list[str]:
    pytest.fail("no service runs")


def _no_model() -> None:
    """Say that the settings ask for none."""


def _examined(settings: Settings) -> list[Check]:
    return examine(settings, running=_nothing_runs, connecting=_no_model, keys=_keys_of(settings))


def _keys_of(settings: Settings) -> Callable[[], closing[KeyRing]]:
    return lambda: closing(key_ring(settings))


def _wrong(settings: Settings) -> dict[str, str]:
    return {check.name: check.detail for check in _examined(settings) if not check.ok}


def _warned(settings: Settings) -> dict[str, str]:
    return {check.name: check.detail for check in _examined(settings) if check.level == "warning"}


def test_nothing_is_wrong(settings: Settings) -> None:
    checks = _examined(settings)
    assert _wrong(settings) == {}
    assert [check.name for check in checks] == [
        "account",
        "settings",
        "library",
        "register",
        "parser",
        "encoder",
        "build",
        "worker",
        "model",
        "sign-in",
        "roles",
        "API keys",
        "directory",
        "audit log",
        "disk",
    ]
    empty = "0 records; if there were any: greenlit restore COPIES"
    assert {check.detail for check in checks} >= {empty, "4 events on 3 documents", "enough room"}


def test_the_encoder_s_settings_are_told(settings: Settings) -> None:
    told = {check.name: check.detail for check in _examined(settings.model_copy(update={"encoder_copies": 3}))}
    assert told["encoder"].endswith("; for questions 3 copies, batches of up to 32 after 0 ms")


@pytest.mark.parametrize("setting", ["auto", "require"])
def test_what_holds_the_parser_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: SandboxSetting
) -> None:
    monkeypatch.setattr(service.operating.doctor, "held_here", held_here)
    [check] = [
        one for one in _examined(settings.model_copy(update={"parser_sandbox": setting})) if one.name == "parser"
    ]
    whole = bool(landlock_version()) and filters_calls()
    assert check.ok == (whole or setting == "auto")
    assert check.detail.startswith("full: Landlock ") == whole
    assert whole or "no Landlock" in check.detail or "no filter" in check.detail


def test_a_parser_that_less_holds_is_a_warning(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    less = Sandbox(0, filtered=True, missing=("no Landlock: this kernel has none",))
    monkeypatch.setattr(service.operating.doctor, "held_here", lambda _setting: less)
    told = {check.name: check.detail for check in _examined(settings)}
    assert told["parser"] == "partial: a filter of system calls, no Landlock: this kernel has none"
    assert _warned(settings).keys() == {"parser"}


def test_lines_of_the_register_that_went_since_they_were_recorded_are_a_warning(
    settings: Settings, library: TinyLibrary
) -> None:
    lines = Register(library.register_path).refresh().line_hashes
    name = "greenlit.test"
    opened = open_log(settings.state, keys=settings.keys_folder(), name=name, clock=system_clock_us)
    opened.log.note(register_extended(1, lines, register_hash(lines)))
    opened.close()
    assert _warned(settings) == {}
    whole = library.register_path.read_text().splitlines(keepends=True)
    library.register_path.write_text("".join(whole[:-1]))
    assert "lines of the register that were on record are changed, moved or gone" in _warned(settings)["register"]


def test_a_key_that_ends_soon_is_a_warning_and_keys_that_cannot_be_read_are_wrong(settings: Settings) -> None:
    assert not (settings.state / KEYS_FILE).exists(), "looking makes none"
    with _keys_of(settings)() as ring:
        ring.make(KeyWish("slack", ["ask"], FAR), by="cli")
        ring.make(KeyWish("prometheus", ["metrics"], utc_now().date() + timedelta(days=3)), by="cli")
    assert _warned(settings).keys() == {"API keys"}
    assert _warned(settings)["API keys"].startswith("2 keys in use; the API key 'prometheus' (metrics) ends after ")
    (settings.state / KEYS_FILE).write_bytes(b"no database")
    assert "API keys cannot be read" in _wrong(settings)["API keys"]


def test_a_folder_of_builds_that_another_installation_uses_is_wrong(settings: Settings, tmp_path: Path) -> None:
    other = TinyLibrary(tmp_path / "other")
    other.add("legal/films.md", "# Films\n\nKeep films for ever.\n", expires=FAR)
    other.ingest()
    wrong = _wrong(settings.model_copy(update={"builds": other.builds}))
    assert "was made for another library" in wrong["build"]
    assert "set GREENLIT_BUILDS to a folder of this installation's own" in wrong["build"]


def _no_sources(library: TinyLibrary) -> None:
    (library.folder / "sources.toml").unlink()


def _missing_folder(library: TinyLibrary) -> None:
    shutil.rmtree(library.folder / "security")


def _link(library: TinyLibrary) -> None:
    (library.folder / "legal" / "link.md").symlink_to(library.folder / POLICY)


def _approved_link(library: TinyLibrary) -> None:
    (library.folder / POLICY).rename(library.root / "elsewhere.md")
    (library.folder / POLICY).symlink_to(library.root / "elsewhere.md")


def _nobody(library: TinyLibrary) -> None:
    library.allow("closed", groups=[])


def _bad_line(library: TinyLibrary) -> None:
    with library.register_path.open("ab") as file:
        file.write(b"nonsense\n")


def _no_register(library: TinyLibrary) -> None:
    library.register_path.unlink()


def _no_build(library: TinyLibrary) -> None:
    shutil.rmtree(library.builds)


def _damaged(library: TinyLibrary) -> None:
    next(library.builds.glob("*/dense.faiss")).write_bytes(b"damaged")


def _not_ingested(library: TinyLibrary) -> None:
    library.add("legal/new.md", "# New\n\nA new rule.\n", expires=FAR)


def _open_state(library: TinyLibrary) -> None:
    (library.root / "state").mkdir(mode=0o755)
    (library.root / "state").chmod(0o755)


@pytest.mark.parametrize(
    ("spoil", "part", "says"),
    [
        (_no_sources, "library", "no sources.toml in"),
        (_missing_folder, "library", "the folder of source 'security' is missing: make "),
        (_approved_link, "library", f"1 of 3 approved documents cannot be a document; the first: '{POLICY}' is a symb"),
        (_nobody, "library", "nobody may read source 'closed': give it groups in sources.toml"),
        (_bad_line, "register", "register.jsonl, line 5: "),
        (_no_register, "register", "register.jsonl is not there, and the live build holds 3 documents"),
        (_no_build, "build", "no current build in "),
        (_damaged, "build", "is damaged: dense.faiss"),
        (_not_ingested, "build", "1 approved document is not in it: 'legal/new.md': run greenlit ingest"),
        (_open_state, "audit log", "can be opened by others: run chmod 700 "),
    ],
)
def test_what_is_wrong_is_found_and_named(
    library: TinyLibrary, settings: Settings, spoil: Callable[[TinyLibrary], None], part: str, says: str
) -> None:
    spoil(library)
    assert says in _wrong(settings)[part]


def test_an_encoder_that_cannot_be_loaded_is_named_and_the_rest_is_still_looked_at(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str, **_more: object) -> HashingEncoder:
        raise EncoderError("the encoder's weights are not installed")

    monkeypatch.setattr(service.operating.doctor, "load_encoder", missing)
    assert _wrong(settings) == {"encoder": "the encoder's weights are not installed"}


def test_a_build_of_another_encoder_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.operating.doctor, "load_encoder", lambda _name, **_more: HashingEncoder(name="other"))
    assert "was made with the encoder hashing" in _wrong(settings)["build"]


def test_a_setting_that_does_nothing_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_PROT", "8001")
    assert (
        "GREENLIT_PROT is set and is no setting of Greenlit: did you mean GREENLIT_PORT?"
        in _wrong(settings)["settings"]
    )


def test_an_approved_document_whose_file_changed_is_not_one_that_ingesting_would_mend(
    library: TinyLibrary, settings: Settings
) -> None:
    library.add("legal/new.md", "# New\n\nA new rule.\n", expires=FAR)
    library.write("legal/new.md", "# Changed\n")
    assert _wrong(settings) == {}


def test_one_whose_file_is_gone_is_named_by_the_register_and_not_by_the_build(
    library: TinyLibrary, settings: Settings
) -> None:
    library.add("legal/new.md", "# New\n\nA new rule.\n", expires=FAR)
    (library.folder / "legal" / "new.md").unlink()
    assert list(_wrong(settings)) == ["register"]
    assert "1 of 3 approved documents has no file, such as 'legal/new.md'" in _wrong(settings)["register"]


def test_a_token_that_others_can_read_is_named(settings: Settings) -> None:
    without_token = settings.model_copy(update={"token": None})
    assert _wrong(without_token) == {}
    (settings.state / "token").chmod(0o644)
    assert "can be read by others: run chmod 600" in _wrong(without_token)["sign-in"]


@pytest.mark.parametrize("problems", [[], ["the key is gone", "the clock is behind"]])
def test_a_service_that_holds_the_log_is_asked_how_it_is(settings: Settings, problems: list[str]) -> None:
    log = open_log(settings.state, keys=settings.keys_folder(), name="greenlit.test", clock=system_clock_us)
    checks = examine(settings, running=lambda: problems, connecting=_no_model, keys=_keys_of(settings))
    found = {check.name: check for check in checks}["audit log"]
    log.close()
    assert found.ok == (not problems)
    said = "the running service says: the key is gone; the clock is behind"
    assert found.detail == (said if problems else "in use by a running service, which finds nothing wrong")


def test_root_is_told_what_it_loses(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.operating.doctor, "as_root", lambda: "running as root")
    assert _wrong(settings) == {"account": "running as root"}


def test_too_little_room_is_told_before_it_runs_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(9, 9, 5 << 20))
    assert "5 MiB free under " in _wrong(settings)["disk"]


def test_looking_twice_finds_the_same(settings: Settings) -> None:
    assert _examined(settings) == _examined(settings)


# The language model


def _asking(settings: Settings, model: SayingModel, **entry: Any) -> Check:
    """Return what is said of a model that the settings ask for."""
    (settings.library / MODELS_FILE).write_text(written({**ENTRY, "expires": "2099-01-01", "sources": ["*"], **entry}))
    wanted = settings.model_copy(update={"answerer": "llm", "judge": "llm", "model": "writer"})
    checks = examine(wanted, running=_nothing_runs, connecting=lambda: lambda *_: model, keys=_keys_of(settings))
    return next(check for check in checks if check.name == "model")


def test_that_there_is_no_model_is_told(settings: Settings) -> None:
    told = {check.name: check.detail for check in _examined(settings)}
    assert told["model"] == "none: answers are quotes, chosen without a model"
    told = {check.name: check.detail for check in _examined(settings.model_copy(update={"model": "writer"}))}
    assert told["model"] == "'writer' is named and not asked: answers are quotes, chosen without a model"


def test_an_entailment_model_is_asked_about_a_made_up_sentence(settings: Settings, entailment_model: Path) -> None:
    more = {"entailment": entailment_model, "entailment_least": 0.7}
    check = _asking(settings.model_copy(update=more), SayingModel(FACT), region="EU", retention="none", training=False)
    assert check.ok
    digest = folder_digest(entailment_model)[:12]
    assert f"held to the entailment model entailing ({digest}) with a share of 0.7 at least, " in check.detail
    assert check.level == "warning"
    assert check.detail.startswith("'writer' is ")
    assert "it finds that a sentence entails its opposite" in check.detail


def test_an_entailment_model_is_not_asked_where_no_model_writes(settings: Settings, tmp_path: Path) -> None:
    told = {check.name: check for check in _examined(settings.model_copy(update={"entailment": tmp_path}))}
    assert told["model"].ok
    assert told["model"].detail.endswith(
        f"; the entailment model in {tmp_path} is named and not asked: no model writes"
    )


def test_an_entailment_model_that_cannot_be_loaded_is_wrong(settings: Settings, tmp_path: Path) -> None:
    check = _asking(settings.model_copy(update={"answerer": "llm", "entailment": tmp_path}), SayingModel(FACT))
    assert not check.ok
    assert check.detail.startswith("GREENLIT_ENTAILMENT: expected config.json of a cross-encoder in ")


def test_a_model_is_asked_about_a_made_up_document(settings: Settings) -> None:
    model = SayingModel(FACT)
    check = _asking(settings, model)
    assert check.ok
    assert "approved by legal@northlight.example until 2099-01-01" in check.detail
    assert "; it writes and judges; model 'writer': models.toml does not state" in check.detail
    assert [messages[-1].text.count(FACT) for messages in model.asked] == [1]


def test_a_model_that_only_rewrites_is_asked_too(settings: Settings) -> None:
    wanted = settings.model_copy(update={"rewriter": "llm", "model": "writer"})
    (settings.library / MODELS_FILE).write_text(written({**ENTRY, "expires": "2099-01-01", "sources": ["*"]}))
    model = SayingModel(FACT)
    checks = examine(wanted, running=_nothing_runs, connecting=lambda: lambda *_: model, keys=_keys_of(settings))
    (check,) = (check for check in checks if check.name == "model")
    assert "; it rewrites follow-ups" in check.detail


def test_a_model_that_fails_or_may_not_be_called_is_wrong(settings: Settings) -> None:
    down = _asking(settings, SayingModel(error=ModelUnavailableError("it is down")))
    unapproved = _asking(settings, SayingModel(FACT), approved_by=None)
    assert (down.ok, unapproved.ok) == (False, False)
    assert down.detail.startswith("it is down; 'writer' is ")
    assert "nobody approved it" in unapproved.detail


def test_what_a_model_needs_and_is_not_installed_is_named(settings: Settings) -> None:
    def missing() -> None:
        raise SettingsError("expected what it needs, found none")

    checks = examine(settings, running=_nothing_runs, connecting=missing, keys=_keys_of(settings))
    assert next(check.detail for check in checks if check.name == "model") == "expected what it needs, found none"
