"""River: collects articles, tells which are the same story, files them by topic and republishes them."""

__version__ = "0.1.0"
