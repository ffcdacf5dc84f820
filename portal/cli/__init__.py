"""The `hocba` command: stable names, options and JSON (README). Exit status: 0 done, 1 refused, 2 wrong usage.

With `--json` each object stands on one line and nothing else goes to standard output.
"""
