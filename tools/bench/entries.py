"""Who takes part: every engine with every graph and precision that it could win with."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from graphs import NCNN, Model

NAMES = {"ort": "ONNX Runtime", "openvino": "OpenVINO", "ncnn": "ncnn", "tract": "tract", "scarp": "scarp"}
INT8, FLOAT = "int8", "fp32"
BY_ORT, DYNAMIC = "int8 by ORT", "int8 dynamic"
FILES = {
    ("standard", FLOAT): "standard.onnx",
    ("standard", BY_ORT): "standard-int8.onnx",
    ("standard", DYNAMIC): "standard-dynamic.onnx",
    ("folded", FLOAT): "folded.onnx",
    ("folded", INT8): "folded-int8.onnx",
    ("folded", BY_ORT): "folded-ort-int8.onnx",
    ("folded", DYNAMIC): "folded-dynamic.onnx",
}


@dataclass(frozen=True)
class Entry:
    """One engine on one graph in one precision; `file` is the graph's name in the model's folder."""

    engine: str
    graph: str
    precision: str
    file: str

    @property
    def ours(self) -> bool:
        """Whether this is what flies, which everything else is compared with."""
        return (self.engine, self.graph, self.precision) == ("scarp", "folded", INT8)

    def __str__(self) -> str:
        return f"{NAMES[self.engine]}, {self.graph} {self.precision}"

    def command(self, model: Model, threads: int, program: Path, output: Path) -> list[str]:
        """The child process that runs it; both kinds speak the protocol of `worker.py`."""
        if self.engine in ("tract", "scarp"):
            start = [str(program), "--engine", self.engine]
        else:
            worker = Path(__file__).with_name("worker.py")
            start = [sys.executable, str(worker), "--engine", self.engine, "--precision", self.precision]
        paths = (model.folder / self.file, model.input, output)
        return [*start, "--threads", str(threads), *map(str, paths)]


def entries(engines: list[str]) -> list[Entry]:
    """All entries of these engines, in the order of the table."""
    found = []
    short = _openvino_short() if "openvino" in engines else None
    for graph in ("standard", "folded"):
        # Only the folded graph is quantized by forge; ONNX Runtime gets its own form as well, which is faster.
        int8 = INT8 if graph == "folded" else BY_ORT
        precisions = {
            "ort": [FLOAT, BY_ORT, DYNAMIC] + ([INT8] if graph == "folded" else []),
            "openvino": [FLOAT, *([short] if short else []), int8],
            "ncnn": [FLOAT, _ncnn_short()],
            "tract": [FLOAT, int8],
            "scarp": [FLOAT, INT8] if graph == "folded" else [],
        }
        for engine in engines:
            for precision in precisions[engine]:
                file = FILES.get((graph, precision), FILES[graph, FLOAT])  # engines shorten the float graph to 16 bits
                found.append(Entry(engine, graph, precision, NCNN.format(graph) if engine == "ncnn" else file))
    return found


def _openvino_short() -> str | None:
    """The 16-bit form that OpenVINO computes float graphs in by itself on this CPU."""
    from openvino import Core

    capabilities = Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return next((form.lower() for form in ("BF16", "FP16") if form in capabilities), None)


def _ncnn_short() -> str:
    return "fp16" if os.uname().machine == "aarch64" else "bf16"
