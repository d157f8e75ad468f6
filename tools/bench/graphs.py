"""Makes every graph that is compared, once: the standard export, the folded one, their 8-bit forms, and ncnn's files."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime.quantization as ort_quantization
from encoders import title
from onnxruntime.quantization.shape_inference import quant_pre_process
from scarp_train.release.export import INPUT, run_onnx
from tiles import CALIBRATING, SIDE, Tiles

NCNN = "{}.ncnn.param"


@dataclass(frozen=True)
class Model:
    """One network in all its forms. `failed` says of each graph that could not be made why."""

    name: str
    folder: Path
    failed: dict[str, str]

    @property
    def input(self) -> Path:
        return self.folder / "input.f32"

    @property
    def reference(self) -> np.ndarray:
        """The logits of the standard export, by ONNX Runtime in float."""
        return np.fromfile(self.folder / "reference.f32", "<f4")


@dataclass(frozen=True)
class Origin:
    """What graphs are made from: tiles (called when they are needed, if at all), trained weights or none, and the tool."""

    dataset: str
    tiles: Callable[[], Tiles]
    weights: Path | None
    forge: Path

    def __str__(self) -> str:
        weights = f"{self.weights.resolve()} {self.weights.stat().st_mtime_ns}" if self.weights else None
        return json.dumps({"tiles": self.dataset, "weights": weights})


class Maker:
    """Makes one network's graphs in a folder, and keeps those that are there and were made from the same things."""

    def __init__(self, name: str, folder: Path, origin: "Origin"):
        self.name, self.folder, self.origin = name, folder, origin
        self.failed: dict[str, str] = {}

    def make(self) -> Model:
        self._forget_if_other()
        self._graph("standard.onnx", self._standard)
        self._graph("standard-int8.onnx", self._by_ort, "standard.onnx")
        self._graph("standard-dynamic.onnx", self._dynamic, "standard.onnx")
        self._graph("folded.onnx", self._fold, "standard.onnx")
        self._graph("folded-int8.onnx", self._by_forge, "folded.onnx")
        self._graph("folded-ort-int8.onnx", self._by_ort, "folded.onnx")
        self._graph("folded-dynamic.onnx", self._dynamic, "folded.onnx")
        self._graph("standard-4d.onnx", self._four_dimensional)
        self._graph("folded-4d.onnx", self._fold, "standard-4d.onnx")
        for form in ("standard", "folded"):
            self._graph(NCNN.format(form), self._for_ncnn, f"{form}-4d.onnx")
        return Model(self.name, self.folder, self.failed)

    def _forget_if_other(self) -> None:
        stamp = self.folder / "made-from.json"
        if not stamp.exists() or stamp.read_text() != str(self.origin):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            stamp.write_text(str(self.origin))

    def _graph(self, name: str, write: Callable[..., None], source: str | None = None) -> None:
        """Makes one file, whole or not at all. What fails is told and left out, so that the rest can be compared."""
        if (self.folder / name).exists():
            return
        if source in self.failed:
            self.failed[name] = f"{source} could not be made"
            return
        print(f"making {title(self.name)} {name}", file=sys.stderr, flush=True)
        try:
            with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
                path = Path(temporary) / name
                write(path, self.folder / source) if source else write(path)
                # The graph moves last, because its being there says that the rest is.
                for file in sorted(path.parent.iterdir(), key=lambda file: file.name == name):
                    file.replace(self.folder / file.name)
        except subprocess.CalledProcessError as error:
            self._fail(name, error.stderr or str(error))
        except Exception as error:  # each converter has errors of its own
            self._fail(name, str(error))

    def _fail(self, name: str, text: str) -> None:
        self.failed[name] = text.strip().splitlines()[-1]
        print(f"failed: {title(self.name)} {name}: {self.failed[name]}", file=sys.stderr)

    def _standard(self, path: Path) -> None:
        import networks  # PyTorch takes seconds to load, and is not needed when all graphs are there

        network, image = networks.compared(self.name, self.origin.weights, self.origin.tiles().held_out)
        networks.export(network, image, path)
        image.tofile(path.with_name("input.f32"))
        run_onnx(path, image).astype("<f4").tofile(path.with_name("reference.f32"))

    def _four_dimensional(self, path: Path) -> None:
        import networks

        network, image = networks.compared(self.name, self.origin.weights, self.origin.tiles().held_out)
        networks.export(networks.without_five_dimensions(network), image, path)

    def _fold(self, path: Path, source: Path) -> None:
        _run(self.origin.forge, "optimise", source, path, "--tiles", self.origin.tiles().folder, "--count", 1)

    def _by_forge(self, path: Path, source: Path) -> None:
        calibrate = ("--calibrate", self.origin.tiles().folder, "--count", CALIBRATING, "--evaluate", 0)
        _run(self.origin.forge, "quantize", source, path, *calibrate)

    def _by_ort(self, path: Path, source: Path) -> None:
        """ONNX Runtime's own static quantization with the operators that it chooses itself."""
        prepared = path.with_name("prepared.onnx")
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        ort_quantization.quantize_static(
            prepared,
            path,
            _Calibration(self.origin.tiles().calibrating),
            quant_format=ort_quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=ort_quantization.QuantType.QUInt8,
            weight_type=ort_quantization.QuantType.QInt8,
        )
        prepared.unlink()

    def _dynamic(self, path: Path, source: Path) -> None:
        """ONNX Runtime's quantization for transformers: matrix products in 8 bits, with ranges found in every run."""
        operators = ["MatMul", "Gemm"]
        weight_type = ort_quantization.QuantType.QInt8
        ort_quantization.quantize_dynamic(
            source, path, op_types_to_quantize=operators, per_channel=True, weight_type=weight_type
        )

    def _for_ncnn(self, path: Path, source: Path) -> None:
        pnnx = Path(sys.executable).with_name("pnnx")
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:  # pnnx leaves ten files beside its input
            graph = shutil.copy(source, temporary)
            files = [f"ncnnparam={path}", f"ncnnbin={path.with_suffix('.bin')}"]
            _run(pnnx, graph, f"inputshape=[1,3,{SIDE},{SIDE}]", "fp16=0", *files)


class _Calibration(ort_quantization.CalibrationDataReader):
    def __init__(self, images: list[np.ndarray]):
        self.images = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self.images, None)
        return None if image is None else {INPUT: image}


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
