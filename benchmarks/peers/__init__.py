"""What benchmarks/river.py runs side by side: each a program of its own that collects the same feeds once."""
