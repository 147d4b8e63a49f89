"""A new workspace: the files beside this one, copied to where the operator wants them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ..errors import AggregatorError

CONTENTS = ("config.yaml", "inbox/welcome.md")


def init(folder: Path) -> Iterator[Path]:
    """Copy what is not there yet, and yield what was made. Raises AggregatorError; overwrites nothing."""
    if (folder / "config.yaml").exists():
        raise AggregatorError(f"{folder / 'config.yaml'} is there already; nothing was changed")
    for name in CONTENTS:
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as f:
                f.write(files(__package__).joinpath(name).read_bytes())
        except FileExistsError:
            continue
        except OSError as e:
            raise AggregatorError(f"cannot write {target}: {e.strerror}") from e
        yield target
