"""Programs that measure. None of them is a test."""
