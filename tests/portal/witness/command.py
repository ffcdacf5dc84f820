"""`hocba-witness` without an installed script: exactly the group that the script runs."""

from portal.cli.witness import witness

if __name__ == "__main__":
    witness()
