"""The devices of a run: CPU, one GPU, several, several machines, by the same command."""

import logging
import os
import warnings
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy

from ..errors import RecipeError, TrainError
from ..recipe import Recipe


@dataclass(frozen=True)
class Hardware:
    """How a run uses the machine. None of it is in the recipe, since none changes what is learnt beyond rounding.

    `accelerator` is "auto", "cpu" or "cuda"; `devices` their number on this machine, or "auto". `part` is the number of
    samples that a device holds at once (None: all of its share). `workers` are loader processes for each device (None: by
    the machine).
    """

    accelerator: str = "auto"
    devices: int | str = "auto"
    part: int | None = None
    workers: int | None = None
    compile: bool = False

    def loader_workers(self, fabric: Fabric) -> int:
        """Loader processes for this device: one on a CPU that trains itself, up to eight beside a GPU."""
        if self.workers is not None:
            return self.workers
        local = max(fabric.world_size // max(_nodes(), 1), 1)
        return 1 if fabric.device.type == "cpu" else max(1, min(8, (os.cpu_count() or 1) // local))


def launch(hardware: Hardware, recipe: Recipe, loggers: list | None = None) -> Fabric:
    """Starts the processes of a run, or joins those that torchrun or SLURM started."""
    devices, nodes = hardware.devices, _nodes()
    if "LOCAL_WORLD_SIZE" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
    elif os.environ.get("SLURM_NTASKS_PER_NODE", "").isdigit():
        devices = int(os.environ["SLURM_NTASKS_PER_NODE"])
    accelerator = hardware.accelerator
    if accelerator == "auto":
        accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    if accelerator == "cuda" and not torch.cuda.is_available():
        raise TrainError("--accelerator cuda: PyTorch finds no GPU here; `nvidia-smi` says whether the driver does")
    if devices == "auto":
        devices = torch.cuda.device_count() if accelerator == "cuda" else 1
    several = devices * nodes > 1
    if recipe.batch_norm == "synced" and accelerator == "cpu":
        raise RecipeError('batch_norm = "synced" wants GPUs; use "own" or "frozen" on a CPU')
    smallest = min(crop.batch for crop in recipe.crop)
    if smallest < devices * nodes:
        raise RecipeError(f"crop.batch is {smallest} but there are {devices * nodes} devices; raise it or use fewer")
    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=nodes,
        strategy=DDPStrategy() if several else "auto",
        precision="bf16-mixed" if recipe.precision == "bfloat16" else "32-true",
        loggers=loggers,
    )
    # A 1x1 kernel has the same bytes in both memory orders; DDP warns of the other name at every start.
    warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # else it greets from every process
    fabric.launch()
    return fabric


def _nodes() -> int:
    if "LOCAL_WORLD_SIZE" in os.environ:
        return max(int(os.environ.get("WORLD_SIZE", "1")) // int(os.environ["LOCAL_WORLD_SIZE"]), 1)
    return int(os.environ.get("SLURM_JOB_NUM_NODES", "1"))
