"""A name in the configuration -> a module: the file name is the plug-in's name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from .errors import PluginError


@cache
def load(family: str, name: str) -> ModuleType:
    """`load("sources", "feed")` is `aggregator.sources.feed`; a dotted name is anyone's module."""
    path = name if "." in name else f"{__package__}.{family}.{name}"
    if "." not in name and name not in names(family):
        raise PluginError(family, name, names(family))
    try:
        return import_module(path)
    except ModuleNotFoundError as e:
        if e.name and not path.startswith(e.name):
            raise  # the module is there; something that it needs is not
        raise PluginError(family, name, names(family)) from e


@cache
def names(family: str) -> tuple[str, ...]:
    """The plug-ins that come with the program, in alphabetical order."""
    folder = Path(__file__).parent / family
    return tuple(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_"))
