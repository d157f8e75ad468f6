"""The training loop: any number of devices, averaged weights, validation, checkpoints that resume exactly."""

import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from lightning_fabric.loggers import CSVLogger, TensorBoardLogger
from tqdm import tqdm

from ..data.checks import check_labels, spread
from ..data.loader import Batch, batches
from ..data.pairs import Pair
from ..data.samples import Samples
from ..data.sources import readable, training_pairs, validation_pairs
from ..errors import DatasetError, RecipeError, TrainError
from ..networks import build, load_pretrained
from ..recipe import Recipe
from . import checkpoint
from .average import moving_average
from .hardware import Hardware, launch
from .learner import Learner
from .memory import loader_lost, out_of_memory
from .stop import Stop
from .validation import validate
from .weights import load_weights, run_metadata, save_weights

WEIGHTS = "weights.safetensors"
SAVE_EVERY_S = 300
LOG_EVERY = 10


@dataclasses.dataclass(frozen=True)
class Result:
    """How a run ended: its step, the reason if that is not its last ("interrupted", "out of time"), and the averaged
    weights."""

    step: int
    steps: int
    stopped: str | None
    weights: Path


def fit(
    recipe: Recipe,
    sources: dict[str, Path],
    out: Path,
    *,
    init: Path | None = None,
    weights_folder: Path | None = None,
    hardware: Hardware | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Result:
    """Trains to the recipe's last step, or goes on where an earlier call with the same `out` stopped.

    `sources` ties each source that the recipe names to a folder or archive. `init` are weights to start from;
    `weights_folder` holds pretrained weights of encoders. `minutes` ends the run early, to be resumed. Raises TrainError and
    OSError.
    """
    out.mkdir(parents=True, exist_ok=True)
    pairs = training_pairs(recipe, sources)
    return Run(recipe, pairs, sources, out, init, weights_folder, hardware or Hardware(), quiet).go(minutes)


class Run:
    """A run on its devices: network, averaged copy and optimiser, and the step they have reached."""

    def __init__(
        self,
        recipe: Recipe,
        pairs: dict[str, list[Pair]],
        sources: dict[str, Path],
        out: Path,
        init: Path | None,
        weights_folder: Path | None,
        hardware: Hardware,
        quiet: bool,
    ):
        self.recipe, self.pairs, self.out, self.hardware, self.quiet = recipe, pairs, out, hardware, quiet
        self.validated = validation_pairs(recipe, sources)
        images = checkpoint.fingerprint(pairs)
        state = checkpoint.load_checkpoint(out, recipe, images)
        self.step = state["step"] if state else 0
        loggers = [
            CSVLogger(out / "logs", name="csv", version=f"from-{self.step:07d}", flush_logs_every_n_steps=1),
            TensorBoardLogger(out / "logs", name="tensorboard", version="", purge_step=self.step),
        ]
        self.fabric = launch(hardware, recipe, loggers)
        torch.manual_seed(recipe.seed)
        network = build(recipe.network)
        pretrained = load_pretrained(network, recipe.network, weights_folder) if init is None else None
        before = None
        if init is not None:
            before = _start_from(network, init)
        self.metadata = run_metadata(recipe, pretrained, sources, before)
        learner = Learner(network, recipe)
        if recipe.batch_norm == "synced":
            learner = torch.nn.SyncBatchNorm.convert_sync_batchnorm(learner)
        self.network, self.features = learner.network, learner.features
        self.samples = Samples(recipe, pairs, network.stride // recipe.network.reduction)
        self.fixed = {"recipe": recipe.as_json(), "images": images}
        self._set_up(learner, state)

    def _set_up(self, learner: Learner, state: dict | None) -> None:
        device = self.fabric.device
        learner = learner.to(device, memory_format=torch.channels_last)
        self.average = moving_average(self.network, self.recipe.ema)
        self.trained = [parameter for parameter in learner.parameters() if parameter.requires_grad]
        spec = self.recipe.optimiser
        kind = torch.optim.AdamW if spec.name == "adamw" else torch.optim.Adam
        optimiser = kind(self.trained, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True)
        self.best: dict[str, float] | None = None
        if state is not None:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            optimiser.load_state_dict(state["optimiser"])
            if self.features is not None:
                self.features.load_state_dict(state["features"])
            self.best = state["best"]
        if self.hardware.compile:
            learner = torch.compile(learner)
        self.learner, self.optimiser = self.fabric.setup(learner, optimiser)

    def go(self, minutes: float | None) -> Result:
        """Trains until the last step or until it is stopped; saves either way."""
        leads, last = self.fabric.is_global_zero, self.samples.steps
        if self.step == 0 and leads:
            self._check_labels()
        elif leads and not self.quiet:
            print(f"going on at step {self.step} of {last}", file=sys.stderr)
        bar = tqdm(total=last, initial=self.step, unit="step", mininterval=5, disable=self.quiet or not leads)
        reason, saved = None, time.monotonic()
        self.damaged: set[str] = set()
        with Stop(minutes) as stop:
            terms: dict[str, float] = {}
            for batch in self._batches():
                self._report_damaged(batch.damaged)
                terms = self._learn(batch, terms)
                if not batch.last:
                    continue
                self._advance()
                self._log(terms, bar)
                terms = {}
                if self._is_time_to_validate():
                    self._validate()
                reason = stop.reason(self.fabric)
                if reason is not None and self.step < last:
                    break
                if leads and time.monotonic() - saved > SAVE_EVERY_S:
                    self.save()
                    saved = time.monotonic()
        bar.close()
        if leads:
            self.save()
        self.fabric.barrier()
        for logger in self.fabric.loggers:
            logger.finalize("success")
        return Result(self.step, last, reason if self.step < last else None, self.out / WEIGHTS)

    def _batches(self) -> Iterator[Batch]:
        if self.step >= self.samples.steps:
            return
        devices, rank = self.fabric.world_size, self.fabric.global_rank
        workers, on_gpu = self.hardware.loader_workers(self.fabric), self.fabric.device.type == "cuda"
        try:
            yield from batches(self.samples, self.step, rank, devices, self.hardware.part, workers, pinned=on_gpu)
        except RuntimeError as error:
            raise loader_lost(error) or error from error

    def _learn(self, batch: Batch, before: dict[str, float]) -> dict[str, float]:
        """Adds a part's gradient to the step's; the terms of the loss so far, weighed by the samples they come from."""
        recipe, fabric = self.recipe, self.fabric
        if batch.part == 0:
            self.learner.train()
            for group in self.optimiser.param_groups:
                group["lr"] = recipe.optimiser.rate(self.step, self.samples.steps)
        key = np.random.SeedSequence([recipe.seed, 3, batch.step, batch.part, fabric.global_rank])
        torch.manual_seed(int(key.generate_state(1)[0]))
        image, truth = fabric.to_device((batch.image, batch.truth))
        coarse = self.step < recipe.coarse * self.samples.steps
        try:
            with fabric.no_backward_sync(self.learner, enabled=not batch.last):
                terms = self.learner(image, truth, coarse)
                # Devices average their gradients, so each gives its samples the weight that they have in the whole batch.
                fabric.backward(terms["total"] * (batch.share * fabric.world_size))
        except (MemoryError, RuntimeError) as error:  # PyTorch's own is a RuntimeError
            raise out_of_memory(error, batch.step, batch.image) or error from error
        weight = batch.share * fabric.world_size
        return {name: before.get(name, 0.0) + weight * value.item() for name, value in terms.items()}

    def _advance(self) -> None:
        if self.recipe.optimiser.clip:
            torch.nn.utils.clip_grad_norm_(self.trained, self.recipe.optimiser.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.average.update_parameters(self.network)

    def _log(self, terms: dict[str, float], bar: tqdm) -> None:
        if not np.isfinite(terms["total"]):
            raise TrainError(
                f"the loss is {terms['total']} at step {self.step}; lower optimiser.learning_rate or look at the images"
            )
        bar.update(1)
        bar.set_postfix({name: f"{value:.3f}" for name, value in terms.items()}, refresh=False)
        if self.step % LOG_EVERY == 0 or self.step == self.samples.steps:
            rate = self.optimiser.param_groups[0]["lr"]
            speed = (bar.format_dict["rate"] or 0.0) * self.samples.crop(self.step - 1).batch
            self.fabric.log_dict(
                {f"loss/{k}": v for k, v in terms.items()} | {"rate": rate, "images_per_s": speed}, self.step
            )

    def _is_time_to_validate(self) -> bool:
        every = self.recipe.validation.every if self.recipe.validation else 0
        return bool(every) and (self.step % every == 0 or self.step == self.samples.steps)

    def _validate(self) -> None:
        fabric = self.fabric
        pictures = self.out / "pictures" / f"step-{self.step:07d}"
        device, rank, devices = fabric.device, fabric.global_rank, fabric.world_size
        found = validate(
            self.average.module, self.validated, self.recipe, pictures, device, rank, devices, self.quiet
        ).as_dict()
        fabric.log_dict({f"validation/{name}": value for name, value in found.items()}, self.step)
        if self.best is None or found["landslide_iou"] > self.best["landslide_iou"]:
            self.best = {"step": self.step, **found}
            if fabric.is_global_zero:
                save_weights(self.out / checkpoint.BEST, self.average.module, self.metadata)
                checkpoint.write_scores(self.out, "best", self.step, found)
        if fabric.is_global_zero:
            checkpoint.write_scores(self.out, "last", self.step, found)
            if not self.quiet:
                shown = ", ".join(f"{name.replace('_', ' ')} {100 * value:.1f} %" for name, value in found.items())
                tqdm.write(f"step {self.step}: {shown}", file=sys.stderr)

    def _check_labels(self) -> None:
        for name, pairs in self.pairs.items():
            looked_at = tqdm(spread(pairs), desc=f"labels of {name}", unit="image", leave=False, disable=self.quiet)
            for warning in check_labels(readable(looked_at)):
                print(f"warning: source '{name}': {warning}", file=sys.stderr)

    def _report_damaged(self, texts: tuple[str, ...]) -> None:
        for text in texts:
            if text not in self.damaged:
                self.damaged.add(text)
                tqdm.write(f"warning: passed over: {text}", file=sys.stderr)
        images = sum(len(pairs) for pairs in self.pairs.values())
        allowed = int(self.recipe.damaged * images)
        if len(self.damaged) > allowed:
            raise DatasetError(
                f"{len(self.damaged)} of {images} images cannot be used, and the recipe's 'damaged' allows {allowed}; the "
                f"last: {texts[-1]}"
            )

    def save(self) -> None:
        """Writes the checkpoint and the averaged weights."""
        state = {
            **self.fixed,
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "features": self.features.state_dict() if self.features is not None else None,
            "best": self.best,
        }
        try:
            checkpoint.save_checkpoint(self.out, state)
            save_weights(self.out / WEIGHTS, self.average.module, self.metadata)
        except (OSError, RuntimeError) as error:  # PyTorch's writer makes the one the other
            reason = (str(error).splitlines() or ["cannot be written"])[0]
            raise TrainError(
                f"{self.out}: step {self.step} cannot be saved ({reason}); free space and run the same command again; the "
                "checkpoint before it is whole"
            ) from error


def _start_from(network: torch.nn.Module, init: Path) -> dict[str, str]:
    """Loads the weights of an earlier run of the same network; their metadata."""
    earlier, metadata = load_weights(init)
    try:
        network.load_state_dict(earlier.state_dict())
    except RuntimeError as error:
        raise RecipeError(
            f"{init}: is a {earlier.spec.architecture} on {earlier.spec.encoder}, not the recipe's network; make [network] "
            "the same"
        ) from error
    return metadata
