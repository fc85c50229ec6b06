"""The commands `greenlit builds`: which builds there are and why they stay, and removing one before its time.

Only what makes builds removes them, and only while no ingestion runs. What rests on a build is known to the log, which
this side does not know: whoever puts the command line together gives what says it and what puts a removal on record.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from indexes.clock import utc_now
from indexes.console import fail, out, problem
from indexes.counting import counted
from indexes.errors import BuildError, RegisterError, SettingsError
from indexes.settings import LibrarySettings, read_library_settings
from ingest.commands.opening import AsJson, opened_collecting
from ingest.errors import IngestError

Questions = Callable[[str], Mapping[str, int]]  # by month, of a build


def builds_app(*, asked: Questions, record: Questions) -> typer.Typer:
    """Return the commands.

    Args:
        asked: says how many questions on record a build was asked, by month.
        record: says so too, and puts on record that it is removed; what it raises keeps the build.
    """
    app = typer.Typer(help="The builds that there are: which, how large, why they stay; removing one.")

    @app.callback(invoke_without_command=True)
    def builds(context: typer.Context, as_json: AsJson = False) -> None:
        """List the builds, the newest first: id, when, documents, size, and why each stays."""
        if context.invoked_subcommand is None:
            _list(_settings(), as_json=as_json)

    @app.command()
    def remove(
        build: Annotated[str, typer.Argument(help="the id of the build")],
        yes: Annotated[bool, typer.Option("--yes", help="do it, and do not only say what it would cost")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Remove a build before its time, on record. Without --yes only say what can not be made again then."""
        _remove(_settings(), build, asked=asked, record=record, yes=yes, as_json=as_json)

    return app


def _settings() -> LibrarySettings:
    try:
        return read_library_settings()
    except SettingsError as error:
        raise fail(error, 2) from error


def _list(settings: LibrarySettings, *, as_json: bool) -> None:
    from indexes.holds import HOLDS_FOLDER
    from indexes.library_register import register_of
    from indexes.made_elsewhere import OWN_FOLDER
    from indexes.objects.opening import open_mirror
    from ingest.kept_builds import kept_builds, other_sizes
    from ingest.kept_objects import kept_objects

    try:
        register = register_of(settings.library, settings.database())
        decisions = register.refresh().decisions
        if mirror := open_mirror(settings.builds_address(), settings.builds):
            kept = kept_objects(mirror, decisions=decisions)
        else:
            holds = settings.state / HOLDS_FOLDER
            kept = kept_builds(settings.builds, holds=holds, today=utc_now().date(), decisions=decisions)
        others = other_sizes(settings.builds)
    except (BuildError, RegisterError, OSError) as error:
        raise fail(error, 1) from error
    if as_json:
        besides = {f"{name}_bytes": size for name, size in others.items()}
        out.json({"builds": [one.as_json() for one in kept], **besides})
        return
    for one in kept:
        size = f"{one.own_bytes / 1e6:,.1f} MB alone, {one.shared_bytes / 1e6:,.1f} MB shared"
        out.line(f"{one.build_id}  {counted(one.documents, 'document')}  {size}  {one.why()}")
    rest = ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in others.items())
    out.line((f"{counted(len(kept), 'build')}; besides: {rest}", "dim"))
    if strange := sum(one.is_elsewhere for one in kept):
        builds = counted(strange, "build was", "builds were")
        problem(f"{builds} made for another library: {register.shown} never approved what is in them; {OWN_FOLDER}")


def _remove(
    settings: LibrarySettings, build_id: str, *, asked: Questions, record: Questions, yes: bool, as_json: bool
) -> None:
    from indexes.objects.opening import open_mirror
    from ingest.kept_builds import removing
    from ingest.kept_objects import removing_there
    from ingest.one_at_a_time import one_at_a_time

    try:
        with one_at_a_time(settings.builds, "ingest"):
            mirror = open_mirror(settings.builds_address(), settings.builds)
            remove = removing_there(mirror, build_id) if mirror else removing(settings.builds, build_id)
            drop = opened_collecting(settings, mirror).removing(build_id)
            questions = record(build_id) if yes else asked(build_id)
            if yes:
                remove()
            problems = drop() if yes else []
    except (BuildError, IngestError, OSError) as error:
        raise fail(error, 1) from error
    if as_json:
        out.json({"build": build_id, "removed": yes, "questions": dict(questions), "problems": problems})
        return
    out.line(f"removed {build_id}, on record" if yes else f"{build_id} would be removed with --yes")
    for month, count in questions.items():
        out.line(
            f"  {counted(count, 'question')} of {month} can {'not' if yes else 'then not'} be made again (audit replay)"
        )
    if not questions:
        out.line("  no question on record was asked of it")
    for words in problems:
        problem(words)
