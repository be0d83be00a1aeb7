"""The command `metrion`, or `python -m metrion`: looks into registries that processes share."""

import sys

from metrion._metrion import run_command


def main() -> int:
    """Runs the command with the arguments of the program; its exit status."""
    return run_command(["metrion", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
