"""The processes of one command: each device of a run has its own, and the first of them speaks for all."""

import os


def is_first_process() -> bool:
    """Whether this is the process that reports and scores; each further device has a process that only trains along."""
    return all(os.environ.get(name, "0") == "0" for name in ("RANK", "SLURM_PROCID", "LOCAL_RANK", "NODE_RANK"))
