"""
What can go wrong.

    AggregatorError        the one root; `exit_code` is what the command line returns
      ConfigError            the configuration cannot be used: every complaint has file:line:column
      PluginError            a name leads to no module
      SourceError            one source, this time
        FetchError             no bytes came, or not all; `permanent` when asking again is no use
        ParseError             bytes came, and make no sense
      StoreError             the database
        StoreInUse             another process holds it
      PressError             a file below feeds/ cannot be written
      LearningError          examples that nothing can be learned from
      NotFoundError          what was asked for is not here
      Stopped                this process is being stopped
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class AggregatorError(Exception):
    """Anything this program raises on purpose. Its text is written for the operator."""

    exit_code = 1


@dataclass(frozen=True)
class Complaint:
    """One thing wrong with the configuration: where, what, and what would be right. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigError(AggregatorError):
    """
    The configuration cannot be used. All complaints at once, in the order of the file; and where the database would be,
    as far as that can be made out.
    """

    exit_code = 2

    def __init__(self, complaints: Sequence[Complaint], database: Path | None = None) -> None:
        super().__init__("\n".join(map(str, complaints)))
        self.complaints = tuple(complaints)
        self.database = database


class PluginError(AggregatorError):
    """No module stands behind a name in the configuration."""

    exit_code = 2

    def __init__(self, family: str, name: str, choices: Sequence[str] = ()) -> None:
        known = f"; there are {', '.join(choices)}" if choices else ""
        super().__init__(f"{family}: nothing is called {name!r}{known}")
        self.family = family
        self.name = name


class OptionError(ValueError):
    """What is written at a source under `key` does not go with its kind. Becomes a complaint of a ConfigError."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class SourceError(AggregatorError):
    """One source failed, this time. `reason` is a plain sentence without the source's name."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class FetchError(SourceError):
    """
    No bytes came. `permanent`: asking again will not help until somebody changes something. `partial`: but what else
    there is came, so that the source itself is well. `status`: the server's answer, if it was one that made it fail.
    """

    def __init__(
        self, source: str, reason: str, *, permanent: bool = False, partial: bool = False, status: int | None = None
    ) -> None:
        super().__init__(source, reason)
        self.permanent = permanent
        self.partial = partial
        self.status = status


class ParseError(SourceError):
    """Bytes came, and make no sense."""


class StoreError(AggregatorError):
    """The database cannot do what was asked."""


class StoreInUse(StoreError):
    """Another process writes to this database."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(
            f"{path} is in use by {holder}, and one process at a time may write to it: stop that one (Ctrl-C, or "
            f"'systemctl stop river'), do this once more, and start it again"
        )
        self.path = path
        self.holder = holder


class PressError(AggregatorError):
    """A file that we publish cannot be written. What was published before still lies there, whole."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}")
        self.path = path
        self.reason = reason


class LearningError(AggregatorError):
    """Nothing can be learned from these examples."""


class NotFoundError(AggregatorError):
    """What the operator asked for is not here."""


class Stopped(AggregatorError):
    """This process is being stopped, and asks nobody for anything any more."""
