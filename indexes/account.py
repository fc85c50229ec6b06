"""The account that runs a program: told of where it is root, outside a container."""

import os
from pathlib import Path

_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # what Docker and Podman leave in every container
_VARIABLES = ("KUBERNETES_SERVICE_HOST", "container")  # what Kubernetes and systemd set in one
_LOST = (
    "running as root, outside a container: the modes of files keep nobody out, the child that parses documents may "
    "start processes, and whoever takes it over has the machine; run it as a user of its own, or in the container"
)


def as_root() -> str:
    """Return what is lost because this process is root outside a container; "" if it is not."""
    in_container = any(mark.exists() for mark in _MARKS) or any(os.environ.get(name) for name in _VARIABLES)
    return "" if os.geteuid() or in_container else _LOST
