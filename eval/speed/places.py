"""Libraries to measure with, each with its builds and state in a temporary folder, and what is asked of them."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from eval.quality.adapters import read_public
from eval.quality.libraries import approve_all, ingest_all
from eval.speed.large_library import deal_pages
from indexes.encoder import Encoder
from indexes.sources import read_sources
from service.access_made import local_access
from service.settings import Settings

_LARGE = 10_000  # passages that are asked over HTTP
_SAMPLE_QUESTIONS = (
    "Who approves a new AI vendor?",
    "How long are query log entries kept?",
    "What loudness must a full mix have on delivery?",
    "How many days do I have to submit expenses?",
    "May an editor upload unreleased footage to a generative tool?",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A library, its builds and its state, in a temporary folder."""

    library: Path
    builds: Path
    state: Path

    def environment(self) -> dict[str, str]:
        """Return the settings that make a process use this place."""
        places = {"LIBRARY": self.library, "BUILDS": self.builds, "STATE": self.state}
        return {**os.environ, **{f"GREENLIT_{name}": str(path) for name, path in places.items()}}

    def code(self) -> str:
        """Return the code of a new sign-in link."""
        settings = Settings(_env_file=None, library=self.library, builds=self.builds, state=self.state)
        with contextlib.closing(local_access(settings)) as access:
            return access.new_code()


def make_place(root: Path, data: Path | None) -> Place:
    """Make the library that questions are asked of: the public handbook, or the sample library."""
    place = Place(root / "library", root / "builds", root / "state")
    place.library.mkdir(parents=True)
    place.state.mkdir(mode=0o700)
    samples = Path(__file__).parents[2] / "approved_docs"
    folders = (
        {"handbook": data / "handbook_18f" / "raw"}
        if data
        else {source.name: source.folder for source in read_sources(samples).values()}
    )
    write_sources(place.library, {name: path.absolute() for name, path in folders.items()})
    approve_all(place.library, list(folders))
    return place


def write_sources(library: Path, folders: dict[str, Path]) -> None:
    """Write the sources of a library, by name and folder, for all staff."""
    entry = '[[source]]\nname = {}\nkind = "folder"\npath = {}\ngroups = ["staff"]\n'
    entries = [entry.format(json.dumps(name), json.dumps(str(path))) for name, path in folders.items()]
    (library / "sources.toml").write_text("\n".join(entries), encoding="utf-8")


def make_large(root: Path, data: Path | None, encoder: Encoder) -> tuple[Place, int]:
    """Make a library of about 10,000 passages and a build of it; return how many there are."""
    place = Place(root / "library", root / "builds", root / "state")
    dealt = place.library / "dealt"
    dealt.mkdir(parents=True)
    place.state.mkdir(mode=0o700)
    deal_pages(dealt, passages=_LARGE, data=data)
    write_sources(place.library, {"dealt": dealt})
    approve_all(place.library, ["dealt"])
    return place, ingest_all(place.library, place.builds, encoder).passages


def questions_of(data: Path | None) -> list[str]:
    """Return the questions of the public handbook, or some of the sample library."""
    if data is None:
        return list(_SAMPLE_QUESTIONS)
    return [question.question for question in read_public(data / "handbook_18f" / "questions.jsonl")]
