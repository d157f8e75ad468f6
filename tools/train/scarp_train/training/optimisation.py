"""What is trained, and one step of it: gradient, optimiser, averaged copy."""

import numpy as np
import torch
from lightning_fabric import Fabric

from ..data.loader import Batch
from ..errors import TrainError
from ..recipe import Recipe
from .agreement import device_lost
from .average import moving_average
from .learner import Learner
from .memory import loader_lost, out_of_memory


class NotFiniteError(TrainError):
    """The gradient is no number, on all devices."""


class Optimisation:
    """Network, averaged copy and optimiser on their device, and the `step` that they have reached of `steps`.

    `state` is what `state` gave before. `compiled` lets torch.compile optimise the network.
    """

    def __init__(self, fabric: Fabric, learner: Learner, recipe: Recipe, steps: int, state: dict | None, compiled: bool):
        self.fabric, self.recipe, self.steps = fabric, recipe, steps
        learner = learner.to(fabric.device, memory_format=torch.channels_last)
        self.network, self.features = learner.network, learner.features
        self.average = moving_average(self.network, recipe.ema)
        self.trained = [parameter for parameter in learner.parameters() if parameter.requires_grad]
        spec = recipe.optimiser
        kind = torch.optim.AdamW if spec.name == "adamw" else torch.optim.Adam
        optimiser = kind(self.trained, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True)
        self.step = 0
        if state is not None:
            self.step = state["step"]
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            optimiser.load_state_dict(state["optimiser"])
            if self.features is not None:
                self.features.load_state_dict(state["features"])
        self.learner, self.optimiser = fabric.setup(torch.compile(learner) if compiled else learner, optimiser)

    def state(self) -> dict:
        """What a later run goes on from."""
        return {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "features": self.features.state_dict() if self.features is not None else None,
        }

    def advance(self, parts: list[Batch]) -> dict[str, float]:
        """Learns from this device's parts of a step; the terms of the loss, weighed by the samples they come from.

        Raises NotFiniteError, before weights are touched, and TrainError where memory or another device is lost.
        """
        self.learner.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.optimiser.rate(self.step, self.steps)
        terms: dict[str, float] = {}
        for batch in parts:
            try:
                found = self._add_gradient(batch)
            except (MemoryError, RuntimeError) as error:  # PyTorch's own is a RuntimeError
                known = out_of_memory(error, batch.step, batch.image) or loader_lost(error)
                raise known or device_lost(self.fabric, error) or error from error
            terms = {name: terms.get(name, 0.0) + value for name, value in found.items()}
        # The norm is that of all devices' gradient: they find it not finite together.
        norm = torch.nn.utils.clip_grad_norm_(self.trained, self.recipe.optimiser.clip or float("inf"))
        if not norm.isfinite():
            raise NotFiniteError(
                f"the loss is {terms['total']:g} and its gradient {norm:g} at step {self.step}; lower "
                "optimiser.learning_rate or look at the images"
            )
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.average.update_parameters(self.network)
        return terms

    def _add_gradient(self, batch: Batch) -> dict[str, float]:
        fabric = self.fabric
        key = np.random.SeedSequence([self.recipe.seed, 3, batch.step, batch.part, fabric.global_rank])
        torch.manual_seed(int(key.generate_state(1)[0]))
        image, truth = fabric.to_device((batch.image, batch.truth))
        # Devices average their gradients, so each gives its samples the weight that they have in the whole batch.
        weight = batch.share * fabric.world_size
        with fabric.no_backward_sync(self.learner, enabled=not batch.last):
            terms = self.learner(image, truth, self.step < self.recipe.coarse * self.steps)
            fabric.backward(terms["total"] * weight)
        return {name: weight * value.item() for name, value in terms.items()}
