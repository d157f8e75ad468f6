"""The devices that train: how many, and how many crops each holds at once so that its memory is enough."""

import dataclasses
import os

import torch

from ..recipe import Recipe
from ..training.hardware import Hardware
from .estimate import SAMPLES, Counted, count_spec

MARGIN = 0.8  # of a device's memory: libraries, workspaces and fragments take the rest
COPIES = 5  # of the parameters: weights, their average, gradients and two moments


def of_device(hardware: Hardware) -> tuple[torch.device, int]:
    """The first of the devices that train on this machine, and their number."""
    on_gpu = torch.cuda.is_available() and hardware.accelerator != "cpu"
    present = torch.cuda.device_count() if on_gpu else 1
    return torch.device("cuda" if on_gpu else "cpu"), present if hardware.devices == "auto" else int(hardware.devices)


def memory_bytes(recipe: Recipe, counted: Counted, crops: int) -> int:
    """What training takes on a device that holds so many crops at once."""
    kept = counted.kept_bytes // (2 if recipe.precision == "bfloat16" else 1)
    return COPIES * 4 * counted.parameters + crops * kept


def crops_at_once(recipe: Recipe, counted: Counted, devices: int, memory: int) -> int:
    """A device's share of the batch, halved until it fits into `memory` bytes; two at least, which the trial has had."""
    crops = -(-recipe.crop[0].batch // devices)
    while crops > SAMPLES and memory_bytes(recipe, counted, crops) > MARGIN * memory:
        crops = -(-crops // 2)
    return crops


def hardware_for(recipe: Recipe, hardware: Hardware) -> Hardware:
    """The devices for a recipe. Where `part` is open, each holds as many crops at once as fit by what is counted."""
    if hardware.part is not None:
        return hardware
    device, devices = of_device(hardware)
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory
    else:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // devices
    return dataclasses.replace(
        hardware, part=crops_at_once(recipe, count_spec(recipe.network, recipe.crop[0].size), devices, memory)
    )
