"""Measures the program beside its peers, in the same run: ratios first, times second."""
