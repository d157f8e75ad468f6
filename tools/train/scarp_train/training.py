"""The training loop: AdamW, warm-up and polynomial decay, averaged weights, checkpoints that resume exactly."""

import copy
import csv
import json
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tqdm import tqdm

from .batches import Batches
from .recipe import Recipe, as_dict
from .segformer import SegFormer
from .teacher import FeatureLoss, FeatureTeacher

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "weights.pt"


class Trainer:
    """Owns network, averaged copy, optimiser and, if the recipe asks for it, the feature teacher."""

    def __init__(self, recipe: Recipe, out: Path, init: Path | None = None):
        torch.manual_seed(recipe.seed)
        self.recipe, self.out, self.step = recipe, Path(out), 0
        self.out.mkdir(parents=True, exist_ok=True)
        self.network = SegFormer(recipe.size, recipe.drop_path, reduction=recipe.reduction).to(
            memory_format=torch.channels_last
        )
        self.features = FeatureLoss(recipe.size) if recipe.features > 0 else None
        self.teacher = FeatureTeacher().to(memory_format=torch.channels_last) if recipe.features > 0 else None
        if init is not None:
            self._start_from(init)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.trained = [*self.network.parameters(), *(self.features.parameters() if self.features else [])]
        self.optimiser = torch.optim.AdamW(
            self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )

    def _start_from(self, init: Path) -> None:
        state = torch.load(init, weights_only=True)
        self.network.load_state_dict(state["network"])
        if self.features is not None and state.get("features"):
            self.features.load_state_dict(state["features"])

    def loss(self, image: torch.Tensor, truth: torch.Tensor) -> dict[str, torch.Tensor]:
        """The terms of the loss by name, `total` among them."""
        coarse = self.step < self.recipe.coarse * self.recipe.steps
        logits, maps = self.network.forward_with_features(image, coarse)
        truth = F.avg_pool2d(truth, 2) if coarse else truth
        terms = {"bce": F.binary_cross_entropy_with_logits(logits, truth)}
        total = terms["bce"]
        if self.recipe.dice > 0:
            terms["dice"] = soft_dice(logits, truth)
            total = total + self.recipe.dice * terms["dice"]
        if self.features is not None:
            terms["features"] = self.features(maps, self.teacher(image))
            total = total + self.recipe.features * terms["features"]
        terms["total"] = total
        return terms

    def advance(self, image: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
        """One optimiser step."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(self.step)
        terms = self.loss(image.to(memory_format=torch.channels_last), truth)
        self.optimiser.zero_grad(set_to_none=True)
        terms["total"].backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        self.step += 1
        self._update_average()
        return {name: value.item() for name, value in terms.items()}

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.recipe.ema, self.step / (self.step + 9))
        new = self.network.state_dict()
        for name, old in self.average.state_dict().items():
            if old.is_floating_point():
                old.lerp_(new[name], 1 - keep)
            else:
                old.copy_(new[name])

    def run(self, batches: Batches, save_every: int = 100, quiet: bool = False) -> None:
        """Trains to the recipe's last step, logging to log.csv and saving as it goes."""
        started, images = time.monotonic(), 0
        bar = tqdm(total=self.recipe.steps, initial=self.step, disable=quiet, unit="step", mininterval=5)
        with Log(self.out / "log.csv", append=self.step > 0) as log:
            for step, (image, truth) in batches.run(self.step, self.recipe.steps):
                terms = self.advance(image, truth)
                images += len(image)
                speed = images / (time.monotonic() - started)
                log.write({"step": step, "rate": self.recipe.rate(step), **terms, "images_per_s": speed})
                bar.update(1)
                bar.set_postfix({name: f"{value:.3f}" for name, value in terms.items()}, refresh=False)
                if self.step % save_every == 0:
                    self.save()
        bar.close()
        self.save()

    def save(self) -> None:
        """Writes checkpoint.pt (resume) and weights.pt (averaged weights: export, fine-tuning)."""
        features = self.features.state_dict() if self.features else None
        weights = {
            "size": self.recipe.size,
            "reduction": self.recipe.reduction,
            "network": self.average.state_dict(),
            "features": features,
        }
        state = {
            **weights,
            "raw": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "random": torch.get_rng_state(),
            "recipe": json.dumps(as_dict(self.recipe)),
        }
        _write(weights, self.out / WEIGHTS)
        _write(state, self.out / CHECKPOINT)

    def resume(self) -> bool:
        """Goes on from checkpoint.pt in the output folder; False if there is none."""
        path = self.out / CHECKPOINT
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["raw"])
        self.average.load_state_dict(state["network"])
        if self.features is not None and state["features"]:
            self.features.load_state_dict(state["features"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        torch.set_rng_state(state["random"])
        return True


def soft_dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - Dice over the whole batch, so that crops without landslide weigh by their false alarms."""
    probability = logits.sigmoid()
    overlap = (probability * truth).sum()
    return 1 - (2 * overlap + 1) / (probability.sum() + truth.sum() + 1)


def load_network(path: Path, folded: bool = True) -> SegFormer:
    """The averaged weights of a training run, ready to predict."""
    state = torch.load(path, weights_only=True)
    network = SegFormer(state["size"], folded=folded, reduction=state["reduction"])
    network.load_state_dict(state["network"])
    return network.eval()


def _write(state: dict, path: Path) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


class Log:
    """One CSV line per step."""

    def __init__(self, path: Path, append: bool):
        self.file = open(path, "a" if append else "w", newline="")  # noqa: SIM115 (closed by __exit__)
        self.writer = None
        self.header = not append

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, row: dict[str, float]) -> None:
        if self.writer is None:
            self.writer = csv.DictWriter(self.file, list(row))
            if self.header:
                self.writer.writeheader()
        self.writer.writerow({k: f"{v:.6g}" for k, v in row.items()})
        self.file.flush()
