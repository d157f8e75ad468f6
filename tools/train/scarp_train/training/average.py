"""The moving average of the weights: steadier than the newest ones, and what is validated and released."""

import torch
from torch.optim.swa_utils import AveragedModel

WARM_UP = 9  # after n steps the average weighs the past by n / (n + 9) at most: early weights are soon forgotten


def moving_average(network: torch.nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of parameters and batch-norm statistics; decay 0 keeps the newest."""

    def blend(averages: list[torch.Tensor], newest: list[torch.Tensor], count: torch.Tensor | int) -> None:
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, newest, 1 - min(decay, int(count) / (int(count) + WARM_UP)))
        else:
            torch._foreach_copy_(averages, newest)

    average = AveragedModel(network, multi_avg_fn=blend, use_buffers=True)
    return average.requires_grad_(False).eval()
