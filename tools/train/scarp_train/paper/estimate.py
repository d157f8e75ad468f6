"""A network's cost for one crop: multiply-accumulates and memory by counting, time by a short trial."""

import functools
import time
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..errors import TrainError
from ..networks import Network, build
from ..recipe import Crop, NetworkSpec, Recipe
from ..training.learner import Learner

SAMPLES = 2  # of a trial step: batch norm over a pooled map needs more than one
STEPS = 2
CPU_SIDE = 128  # of a trial on a CPU, whose time is then scaled by multiply-accumulates; whole crops would take minutes


@dataclass(frozen=True)
class Counted:
    """A network's parameters, and of one crop the forward multiply-accumulates and the bytes kept for the backward pass."""

    parameters: int
    macs: int
    kept_bytes: int


def count(network: Network, spec: NetworkSpec, side: int) -> Counted:
    """Counts on the meta device, where nothing is computed. `network` is moved there and computes nothing afterwards."""
    network = network.to("meta").train()
    own = {parameter.untyped_storage()._cdata for parameter in network.parameters()}
    # Kept alive while counting: a freed tensor's place is given to the next one.
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    image = torch.zeros(SAMPLES, spec.bands, side, side, device="meta")
    flops = FlopCounterMode(display=False)
    with flops, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network.training_outputs(image, coarse=False)
    kept_bytes = sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in own)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Counted(parameters, flops.get_total_flops() // 2 // SAMPLES, kept_bytes // SAMPLES)


@functools.cache
def count_spec(spec: NetworkSpec, side: int) -> Counted:
    """Counts the network of `spec` on crops of `side`."""
    return count(build(spec), spec, side)


def try_steps(recipe: Recipe, side: int, device: torch.device) -> float:
    """Seconds of a training step for each crop of `side`, from a few steps on `device` with random pixels."""
    learner = Learner(build(recipe.network), recipe).to(device).train()
    optimiser = torch.optim.AdamW([p for p in learner.parameters() if p.requires_grad], lr=1e-6)
    image = torch.rand(SAMPLES, recipe.network.bands, side, side, device=device)
    cells = side * recipe.network.reduction // learner.network.stride
    truth = torch.rand(SAMPLES, 1, cells, cells, device=device).round()
    began = 0.0
    for step in range(STEPS + 1):
        if step == 1:  # the first one warms up
            _finish(device)
            began = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
            loss = learner(image, truth, False)["total"]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    _finish(device)
    return (time.perf_counter() - began) / STEPS / SAMPLES


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@dataclass(frozen=True)
class Trial:
    """What counting and trying gave for one network and crop."""

    counted: Counted
    seconds_per_crop: float


def try_out(recipe: Recipe, crop: Crop, device: torch.device) -> Trial:
    """Tries a few steps of a recipe on one of its crops, and counts. Raises TrainError where they do not fit into memory."""
    spec = recipe.network
    multiple = build(spec).multiple // spec.reduction
    side = crop.size if device.type == "cuda" else min(crop.size, max(CPU_SIDE, multiple))
    try:
        seconds = try_steps(recipe, side, device)
    except torch.OutOfMemoryError as error:
        raise TrainError(
            f"{spec.architecture} on {spec.encoder}: {SAMPLES} crops of {side} px do not fit into the GPU's memory; use a"
            " larger one, or --accelerator cpu"
        ) from error
    counted = count_spec(spec, crop.size)
    if side != crop.size:
        seconds *= counted.macs / count_spec(spec, side).macs
    return Trial(counted, seconds)
