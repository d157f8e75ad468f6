"""The training loop: any number of devices, averaged weights, validation, checkpoints that resume exactly."""

import contextlib
import dataclasses
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from lightning_fabric.loggers import CSVLogger, TensorBoardLogger
from tqdm import tqdm

from ..data.fingerprint import fingerprint
from ..data.loader import Batch, batches
from ..data.samples import Samples
from ..data.sources import training_pairs, validation_pairs
from ..errors import ElsewhereError, RecipeError, TrainError
from ..networks import build, load_pretrained
from ..processes import is_first_process
from ..recipe import Recipe
from . import checkpoint
from .agreement import Agreement
from .damaged import Damaged
from .folder import claimed
from .hardware import Hardware, launch
from .labels import look_at_labels
from .learner import Learner
from .memory import loader_lost
from .model import WEIGHTS, digest, weights_file
from .optimisation import NotFiniteError, Optimisation
from .stop import REASONS, Stop
from .validation import Confusion, count
from .weights import load_weights, run_metadata
from .writer import DiskError, Writer

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
    with claimed(out):
        return Run(recipe, sources, out, init, weights_folder, hardware or Hardware(), quiet).go(minutes)


class Run:
    """A run on its devices: network, averaged copy and optimiser, and the step they have reached."""

    def __init__(
        self,
        recipe: Recipe,
        sources: dict[str, Path],
        out: Path,
        init: Path | None,
        weights_folder: Path | None,
        hardware: Hardware,
        quiet: bool,
    ):
        self.recipe, self.out, self.hardware, self.quiet = recipe, out, hardware, quiet
        self.pairs, self.validated = training_pairs(recipe, sources), validation_pairs(recipe, sources)
        begun = {}
        if is_first_process():  # it checks and saves for all
            images = fingerprint({**self.pairs, "[validation]": self.validated})
            begun = {"images": images, "init": init and digest(weights_file(init))}
        state = checkpoint.load_checkpoint(out, recipe, begun)
        self.begun = {"recipe": recipe.as_json(), **begun}
        began = state["step"] if state else 0
        torch.manual_seed(recipe.seed)
        network = build(recipe.network)
        pretrained = load_pretrained(network, recipe.network, weights_folder) if init is None else None
        before = None if init is None else _start_from(network, init)
        self.writer = Writer(out, run_metadata(recipe, pretrained, sources, before), began if state else None)
        learner = Learner(network, recipe)
        if recipe.batch_norm == "synced":
            learner = torch.nn.SyncBatchNorm.convert_sync_batchnorm(learner)
        self.samples = Samples(recipe, self.pairs, network.stride // recipe.network.reduction)
        loggers = [
            CSVLogger(out / "logs", name="csv", version=f"from-{began:07d}", flush_logs_every_n_steps=1),
            TensorBoardLogger(out / "logs", name="tensorboard", version="", purge_step=began),
        ]
        self.fabric = launch(hardware, recipe, loggers)  # what can be refused was, once, before there are more processes
        self.training = Optimisation(self.fabric, learner, recipe, self.samples.steps, state, hardware.compile)
        images = sum(len(pairs) for pairs in (*self.pairs.values(), self.validated))
        damaged = Damaged(recipe.damaged, images, state["damaged"] if state else ())
        self.agreement = Agreement(self.fabric, damaged)
        self.best, self.last_validated = (state["best"], state["validated"]) if state else (None, 0)

    @property
    def step(self) -> int:
        """The steps done."""
        return self.training.step

    def go(self, minutes: float | None) -> Result:
        """Trains until the last step or until it is stopped; saves either way, and after an error between two steps."""
        leads, last = self.fabric.is_global_zero, self.samples.steps
        if self.step == 0:
            self._look_at_labels()
        elif leads and not self.quiet:
            print(f"going on at step {self.step} of {last}", file=sys.stderr)
        bar = tqdm(total=last, initial=self.step, unit="step", mininterval=5, disable=self.quiet or not leads)
        with Stop(minutes) as stop, bar, contextlib.closing(self._batches()) as parts:
            reason = self._train(parts, stop, bar)
            self.agreement.lead(self._save)
            self._agree()
        for logger in self.fabric.loggers:
            logger.finalize("success")
        return Result(self.step, last, reason, self.out / WEIGHTS)

    def _train(self, parts: Iterator[Batch], stop: Stop, bar: tqdm) -> str | None:
        """Steps until the last one; the reason where it ends before."""
        saved = time.monotonic()
        if self._is_time_to_validate():  # where the run before did not come to it
            self._validate()
        while self.step < self.samples.steps:
            step = self._load(parts)
            reason = self._agree(stop.code, [text for batch in step for text in batch.damaged])
            try:
                terms = self.training.advance(step)
            except NotFiniteError as error:
                raise self.agreement.for_all(TrainError(f"{error}; {self.writer.standing}")) from error
            self.agreement.lead(self._log, terms, bar)
            if self._is_time_to_validate():
                self._validate()
            if reason is not None and self.step < self.samples.steps:
                return reason
            if time.monotonic() - saved > SAVE_EVERY_S:
                self.agreement.lead(self._save)
                saved = time.monotonic()
        return None

    def _batches(self) -> Iterator[Batch]:
        devices, rank = self.fabric.world_size, self.fabric.global_rank
        workers, on_gpu = self.hardware.loader_workers(self.fabric), self.fabric.device.type == "cuda"
        return batches(self.samples, self.step, rank, devices, self.hardware.part, workers, pinned=on_gpu)

    def _load(self, parts: Iterator[Batch]) -> list[Batch]:
        """This device's parts of a step; not all of them where there is an error for all to learn of."""
        step: list[Batch] = []

        def load() -> None:
            while not step or not step[-1].last:
                step.append(next(parts))

        try:
            self.agreement.attempt(load)
        except RuntimeError as error:
            raise loader_lost(error) or error from error
        return step

    def _agree(self, stop: int = 0, damaged: Iterable[str] = ()) -> str | None:
        """Why all devices stop after this step, if they do. Raises an error of any of them, with what is safe.

        What was learnt until then is saved: the state between two steps is sound.
        """
        try:
            return REASONS[self.agreement.reach(stop, damaged)]
        except (ElsewhereError, DiskError):
            raise
        except TrainError as error:
            if self.step > (self.writer.saved or 0):
                self._save()
            if self.writer.saved is None:
                raise
            raise type(error)(f"{error}; {self.writer.standing}") from error

    def _log(self, terms: dict[str, float], bar: tqdm) -> None:
        bar.update(1)
        bar.set_postfix({name: f"{value:.3f}" for name, value in terms.items()}, refresh=False)
        if self.step % LOG_EVERY == 0 or self.step == self.samples.steps:
            speed = (bar.format_dict["rate"] or 0.0) * self.samples.crop(self.step - 1).batch
            found = {f"loss/{k}": v for k, v in terms.items()}
            found |= {"rate": self.training.optimiser.param_groups[0]["lr"], "images_per_s": speed}
            with self.writer.writing(self.step):
                self.fabric.log_dict(found, self.step)

    def _is_time_to_validate(self) -> bool:
        every = self.recipe.validation.every if self.recipe.validation else 0
        due = bool(every) and (self.step % every == 0 or self.step == self.samples.steps)
        return due and self.step > self.last_validated

    def _validate(self) -> None:
        fabric, network = self.fabric, self.training.average.module
        confusion, unreadable = Confusion(fabric.device), []
        pictures = self.out / "pictures" / f"step-{self.step:07d}"
        what = network, self.validated, self.recipe, confusion, self.samples.read
        how = pictures, fabric.global_rank, fabric.world_size, self.quiet

        def look() -> None:
            with self.writer.writing(self.step):
                unreadable.extend(count(*what, *how))

        self.agreement.attempt(look)
        self._agree(0, unreadable)
        found = confusion.scores().as_dict()
        if passed_over := int(fabric.all_reduce(torch.tensor(len(unreadable), device=fabric.device), reduce_op="sum")):
            found["images_passed_over"] = passed_over
        is_best = self.best is None or found["landslide_iou"] > self.best["landslide_iou"]
        if is_best:
            self.best = {"step": self.step, **found}
        self.last_validated = self.step
        self.agreement.lead(self._tell, found, network if is_best else None)

    def _tell(self, found: dict[str, float], best: torch.nn.Module | None) -> None:
        with self.writer.writing(self.step):
            self.fabric.log_dict({f"validation/{name}": value for name, value in found.items()}, self.step)
        self.writer.scores(self.step, {"images": len(self.validated), **found}, best)
        if not self.quiet:
            shares = {name: f"{100 * value:.1f} %" for name, value in found.items() if isinstance(value, float)}
            shown = ", ".join(f"{name.replace('_', ' ')} {share}" for name, share in shares.items())
            tqdm.write(f"step {self.step}: {shown}", file=sys.stderr)

    def _look_at_labels(self) -> None:
        unreadable: list[str] = []
        if self.fabric.is_global_zero:
            parts = {f"source '{name}'": pairs for name, pairs in self.pairs.items()} | {"validation": self.validated}
            unreadable = look_at_labels(parts, self.samples.read, self.quiet)
        self._agree(0, unreadable)

    def _save(self) -> None:
        kept = {"best": self.best, "validated": self.last_validated, "damaged": self.agreement.damaged.texts}
        self.writer.save({**self.begun, **self.training.state(), **kept}, self.training.average.module)


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
