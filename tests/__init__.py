"""The tests. A slow machine is no mistake: what Hypothesis tries may take its time."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
