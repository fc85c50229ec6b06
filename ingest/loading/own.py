"""What the child that parses may read of Greenlit itself; it imports no parser, and restricts nothing."""

from pathlib import Path

import ingest

OWN = (Path(ingest.__file__).parent,)  # not the folder above, which may hold keys and documents
