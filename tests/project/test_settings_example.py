"""`.env.example` lists exactly the settings that the code has, with their defaults and what they mean."""

from pathlib import Path

from service.settings import Settings
from service.slack_bot.settings import SlackSettings

_FIELDS = Settings.model_fields | SlackSettings.model_fields


def _expected() -> list[str]:
    lines = []
    for name, field in _FIELDS.items():
        default = "" if field.default is None else field.default
        lines += [f"# {field.description}", f"# GREENLIT_{name.upper()}={default}"]
    return lines


def test_example_lists_every_setting_with_its_default_and_meaning_and_nothing_else(root: Path) -> None:
    head, *blocks = (root / ".env.example").read_text(encoding="utf-8").split("\n\n")
    lines = [line for block in blocks for line in block.splitlines()]

    assert all(line.startswith("# ") for line in head.splitlines())
    assert lines == _expected()


def test_no_setting_is_read_twice() -> None:
    assert Settings.model_fields.keys() & SlackSettings.model_fields.keys() == set()


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in _FIELDS.items() if not field.description] == []


def test_values_of_the_example_are_the_ones_used_without_it(root: Path, tmp_path: Path) -> None:
    example = (root / ".env.example").read_text(encoding="utf-8")
    settings_lines = [line[2:] for line in example.splitlines() if line.startswith("# GREENLIT_")]
    env_file = tmp_path / ".env"
    env_file.write_text("\n".join(line for line in settings_lines if not line.endswith("=")), encoding="utf-8")

    copied = Settings(_env_file=env_file)

    assert copied == Settings(_env_file=None)
