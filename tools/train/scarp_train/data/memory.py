"""How much memory may still be taken."""

import os
import re
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def free_memory(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = CGROUP) -> int:
    """Bytes that this process may still take without the system paging: what the kernel calls available, or what a
    container's limit leaves where that is less. Where the kernel does not say, the pages that nothing uses."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE) if meminfo.is_file() else None
    free = int(found[1]) * 1024 if found else os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    most, taken = cgroup / "memory.max", cgroup / "memory.current"
    if most.is_file() and taken.is_file() and (limit := most.read_text().strip()).isdigit():
        free = min(free, max(int(limit) - int(taken.read_text()), 0))
    return free
