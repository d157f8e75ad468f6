"""Runs one engine on one graph in a process of its own, so that threads and memory of one never disturb another.

Speaks the same protocol as `scarp-bench-engine`: loads the model, runs once, writes the logits to OUTPUT.f32 and prints
`ready {...}`; then answers each line `run` with nanoseconds and each line `memory` with the peak in MiB, until input ends.
Imports nothing that the engine does not need, because the peak is compared.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

Run = Callable[[], np.ndarray]


def onnxruntime(options: argparse.Namespace, image: np.ndarray) -> Run:
    """ONNX Runtime with all its graph optimisations; threads that wait sleep, as other engines are timed meanwhile."""
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.log_severity_level = 3
    # Spins within a run, as by default, but not after it.
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    session = ort.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: image})[0]


def openvino(options: argparse.Namespace, image: np.ndarray) -> Run:
    """OpenVINO for the shortest time of one image; without a precision hint it computes in 16 bits where the CPU can."""
    from openvino import Core

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": options.threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # the other engines' threads are not pinned either
    }
    if options.precision == "fp32":
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    request = Core().compile_model(options.model, "CPU", settings).create_infer_request()

    def run() -> np.ndarray:
        request.infer({0: image}, share_inputs=True)
        return request.get_output_tensor(0).data

    return run


def ncnn(options: argparse.Namespace, image: np.ndarray) -> Run:
    """ncnn on a .param file with its .bin; anything but fp32 allows every 16-bit form that it has for this CPU."""
    import ncnn as library

    net = library.Net()
    net.opt.num_threads = options.threads
    short = options.precision != "fp32"
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = short
    net.opt.use_bf16_storage = short
    if net.load_param(options.model) or net.load_model(options.model.removesuffix("param") + "bin"):
        raise RuntimeError("ncnn cannot load the graph")
    planes = library.Mat(image[0])

    def run() -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("in0", planes)
        status, logits = extractor.extract("out0")
        if status:
            raise RuntimeError(f"ncnn ends with status {status}")
        return np.array(logits)

    return run


ENGINES = {"ort": onnxruntime, "openvino": openvino, "ncnn": ncnn}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--precision", default="fp32", help="fp32, or anything else to leave the choice to the engine")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("output")
    options = parser.parse_args()

    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not look like replies
    image = np.fromfile(options.input, "<f4")
    side = int((image.size // 3) ** 0.5)
    image = image.reshape(1, 3, side, side)
    python_mib = _memory_mib("VmRSS")

    start = time.perf_counter()
    run = ENGINES[options.engine](options, image)
    load_ms = (time.perf_counter() - start) * 1e3
    run().astype("<f4").tofile(options.output)
    print("ready", json.dumps({"load_ms": round(load_ms, 1), "rss_mib": round(_memory_mib("VmRSS"), 1)}), file=replies)
    for line in sys.stdin:
        if line.strip() == "run":
            start = time.perf_counter_ns()
            run()
            print(time.perf_counter_ns() - start, file=replies)
        elif line.strip() == "memory":
            # Python and NumPy are the harness's, not the engine's.
            print(f"{_memory_mib('VmHWM') - python_mib:.1f}", file=replies)


def _memory_mib(field: str) -> float:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
