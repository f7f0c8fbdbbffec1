"""What is fast, shown: each module compares with a peer or a limit in one run, in several rounds.

Run all with `make bench`, one with `python -m benchmarks.agi_sessions`. Timings on shared machines
are noisy, so what counts is the ratio of medians from interleaved rounds of the same run.
"""
