"""Where the files of a local model are, and what names them: a digest over all that shapes what the model says.

Nothing is downloaded and nothing is loaded here.
"""

import hashlib
from pathlib import Path

from indexes.errors import EncoderError

_SHAPING_FILES = ("*.safetensors", "*.json", "*/config.json", "vocab.txt", "*.model")  # what can change a vector


def local_folder(name: str, *, setting: str, builtin: str = "") -> Path:
    """Return the folder of a model: the name itself, or where the local model cache keeps a model of that name.

    Args:
        name: a folder, or a model's name.
        setting: the variable that gave the name, for the message.
        builtin: the one name that the caller knows without a folder, for the message.

    Raises:
        EncoderError: there is none; the message names the setting.
    """
    if Path(name).is_dir():
        return Path(name)
    cached = Path.home() / ".cache" / "huggingface" / "hub" / f"models--{name.replace('/', '--')}" / "snapshots"
    snapshots = sorted(cached.glob("*"), key=lambda path: path.stat().st_mtime) if cached.is_dir() else []
    if not snapshots:
        known = f"'{builtin}', " if builtin else ""
        raise EncoderError(
            f"{setting}: expected {known}a folder, or a model already in the local cache, "
            f"got '{name}'; nothing is downloaded at run time"
        )
    return snapshots[-1]


def folder_digest(folder: Path) -> str:
    """Return one SHA-256 (hex) over the names and contents of all files that can change what a model says.

    Raises:
        EncoderError: there are no safetensors weights, or a file cannot be read.
    """
    files = sorted({path for pattern in _SHAPING_FILES for path in folder.glob(pattern)})
    if not any(path.suffix == ".safetensors" for path in files):
        raise EncoderError(
            f"no safetensors weights in {folder}: expected model.safetensors (pickled weights are refused)"
        )
    lines = "".join(f"{path.relative_to(folder).as_posix()} {file_digest(path)}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file.

    Raises:
        EncoderError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read: {error.strerror}") from error
