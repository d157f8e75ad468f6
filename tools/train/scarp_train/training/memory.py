"""What to lower when the memory is exhausted."""

import torch

from ..errors import TrainError


def out_of_memory(error: BaseException, step: int, image: torch.Tensor) -> TrainError | None:
    """The error to show in place of `error` if that is one of exhausted memory, else None. `image` is the batch under
    way."""
    text = str(error).lower()
    if not isinstance(error, torch.OutOfMemoryError | MemoryError) and "alloc" not in text and "out of memory" not in text:
        return None
    count, side = image.shape[0], image.shape[-1]
    return TrainError(
        f"out of memory at step {step} with {count} crops of {side} px at once; lower --device-batch to "
        f"{max(count // 2, 1)} "
        'or more (the same samples are learnt from), or crop.size, or set precision = "bfloat16" in the recipe'
    )


def loader_lost(error: BaseException) -> TrainError | None:
    """The error to show in place of `error` if a loader process was ended from outside, else None."""
    if "DataLoader worker" not in str(error):
        return None
    return TrainError(
        "a process that reads images was killed, most likely for want of memory; lower --workers or crop.batch"
    )
