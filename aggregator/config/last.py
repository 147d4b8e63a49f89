"""
The configuration that was taken up last: kept beside the database, and in force for as long as config.yaml is broken.

    db/river.config.yaml     beside db/river.sqlite; for its owner's eyes, as there may be passwords in it
"""

from __future__ import annotations

from pathlib import Path

from ..disk import sync, write
from ..errors import ConfigError
from . import LARGEST, Config, load


def keep(settings: Config) -> None:
    """It works, and is the one to come back to. Raises OSError."""
    place = _place(settings.database)
    body = settings.text.encode()
    if _held(place) != body:
        draft = place.with_name(f".{place.name}.new")
        try:
            write(draft, body, 0o600)
            draft.replace(place)
            sync(place.parent)
        finally:
            draft.unlink(missing_ok=True)


def before(settings: Config) -> Config | None:
    """What was taken up before these settings, if that was something else, and if it still can be read."""
    body = _held(_place(settings.database))
    if body is None or body == settings.text.encode():
        return None
    try:
        return load(settings.path, body.decode())
    except (ConfigError, UnicodeDecodeError):
        return None


def load_or_last(path: Path) -> tuple[Config, ConfigError | None]:
    """
    What the file says; or what it said when it was last taken up, and what is wrong with it now. Raises ConfigError if
    there is no such configuration, or it would not do any more.
    """
    try:
        return load(path), None
    except ConfigError as e:
        body = _held(_place(e.database)) if e.database else None
        if body is None:
            raise
        try:
            return load(path, body.decode()), e
        except (ConfigError, UnicodeDecodeError):
            raise e from None


def _place(database: Path) -> Path:
    return database.with_name(f"{database.stem}.config.yaml")


def _held(place: Path) -> bytes | None:
    try:
        with place.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return None
