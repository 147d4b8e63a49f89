"""What benchmarks/sameness.py works on: made when it runs, or read from corpora that are not ours to keep."""
