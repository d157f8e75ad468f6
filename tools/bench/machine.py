"""What the comparison ran on: times say nothing without it."""

import os
import time
from importlib.metadata import version
from pathlib import Path

# Instructions that decide which kernels an engine takes, on x86 and on ARM.
X86 = ("avx2", "fma", "avx512f", "avx512bw", "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16")
ARM = ("asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2")
PACKAGES = ("onnxruntime", "openvino", "ncnn")


def describe() -> dict[str, object]:
    """Name and instructions of the processor, cores that may be used, and versions of the peers."""
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    has = (facts.get("flags") or facts.get("Features") or "").split()
    board = Path("/proc/device-tree/model")
    name = facts.get("model name") or (board.read_text().strip("\0") if board.exists() else os.uname().machine)
    return {
        "cpu": name,
        "flags": [flag for flag in X86 + ARM if flag in has],
        "cores": cores(),
        "versions": {package: version(package) for package in PACKAGES},
    }


class Neighbours:
    """How much of the machine other programs, and other guests of its host, take from now on."""

    def __init__(self):
        self.start, self.ours, self.all = time.monotonic(), _ours_s(), _busy_s()

    def share(self) -> float:
        """Of all cores' time; children count as ours once they have ended."""
        wall = (time.monotonic() - self.start) * (os.cpu_count() or 1)
        return max((_busy_s() - self.all - (_ours_s() - self.ours)) / wall, 0.0)


def _ours_s() -> float:
    return sum(os.times()[:4])


def _busy_s() -> float:
    """All but idle and waiting; the last two numbers are in the first two already."""
    with open("/proc/stat") as stat:
        numbers = [int(word) for word in stat.readline().split()[1:9]]
    return (sum(numbers) - numbers[3] - numbers[4]) / os.sysconf("SC_CLK_TCK")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))
