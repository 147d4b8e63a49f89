"""River: collects articles, tells which are the same story, files them by topic and republishes them."""

import os

__version__ = "0.1.0"

# One thread for numpy's algebra, which is little here: threads that wait for work cost half of what loading numpy does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
