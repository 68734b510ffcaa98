"""The training itself: steps, epochs, checkpoints; goes on where a killed one stopped and ends the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.weight_interpolation import interpolate_tensors
from dcsm_viewer.io.atomic import make_folder
from dcsm_viewer.io.own_files import adopt, claim
from dcsm_viewer.training import checkpoint
from dcsm_viewer.training.batches import Share, steps_per_epoch
from dcsm_viewer.training.calibration import calibrated
from dcsm_viewer.training.checkpoint import Standing
from dcsm_viewer.training.curve_picture import NAME as CURVE
from dcsm_viewer.training.frozen_features import FrozenPart, Prepared
from dcsm_viewer.training.initial_weights import Trainable, start_from
from dcsm_viewer.training.learning_rate import rate_factor
from dcsm_viewer.training.objective import Objective
from dcsm_viewer.training.process_group import agreed, joined
from dcsm_viewer.training.progress import Epoch, Event, Note, Step
from dcsm_viewer.training.save_weights import NAME, write_weights
from dcsm_viewer.training.train_job import Order, Trained, check_data
from dcsm_viewer.training.training_recipe import Recipe, check, digest_of
from dcsm_viewer.training.validation import largest_logits, validated


def train(order: Order, report: Callable[[Event], None], still_wanted: Callable[[], bool]) -> Trained:
    """Trains to the end, or until it is no longer wanted; then the same order goes on from the same place.

    On one device with one number of threads an interrupted training gives bit for bit what an unbroken one gives.
    Raises UserError for images, recipes and weights that make no training.
    """
    check(order.recipe)
    check_data(order)
    make_folder(order.out)
    # Where a checkpoint is, it says whose the folder is when it is loaded; else a user's file may have a name of ours.
    names = (checkpoint.NAME, NAME, CURVE)
    (adopt if (order.out / checkpoint.NAME).exists() else claim)(order.out, names)
    with joined(order.compute.device, order.recipe.batch) as (share, device):
        return _Training(order, share, device, report if share.rank == 0 else _silent).run(still_wanted)


class _Training:
    def __init__(self, order: Order, share: Share, device: torch.device, report: Callable[[Event], None]) -> None:
        self.order, self.share, self.device, self.report = order, share, device, report
        self.recipe = order.recipe
        self.steps = steps_per_epoch(len(order.training.examples), self.recipe)
        self.start = start_from(self.recipe.start, order.training.class_names, self.recipe.seed, self.recipe.outputs_of)
        data = digest_of(
            self.start.digest,
            order.training.class_names,
            *([[one.image.name, one.labels] for one in data.examples] for data in (order.training, order.validation)),
        )
        self.identity = digest_of(self.recipe.as_json(), data)
        self.standing = checkpoint.load(order.out, self.identity, self.recipe.as_json(), device)
        if self.standing is None:
            self._calibrate()
        else:
            self.start.tensors.update({name: tensor.cpu() for name, tensor in self.standing.start_head.items()})
        self.network = self._network(self.start.tensors)
        self.network.freeze(self.recipe.freeze)
        self.network.train()
        self.optimiser = torch.optim.AdamW(_parameter_groups(self.network, self.recipe))
        if self.standing is None:
            self.standing = Standing(self.identity, self.recipe.as_json(), start_head=self.start.head)
        else:
            self._go_on(self.standing)
        remembered = None
        if self.recipe.remember:
            remembered = self._network(self.start.tensors).eval()
            remembered.freeze(self.recipe.freeze)
        self.frozen = FrozenPart(order.out, self.recipe, data, self.start.convention, share, device)
        self.objective: nn.Module = Objective(self.network, self.recipe, remembered)
        if share.world > 1:
            ids = [device.index] if device.type == "cuda" else None
            self.objective = nn.parallel.DistributedDataParallel(self.objective, device_ids=ids)

    def run(self, still_wanted: Callable[[], bool]) -> Trained:
        standing = self.standing
        assert standing is not None
        saved_s = began_s = time.monotonic()
        done_before = standing.epoch * self.steps + standing.step
        whole = self.recipe.epochs * self.steps
        while standing.epoch < self.recipe.epochs:
            batches = self.frozen.batches(
                self.network, self.order.training, standing.epoch, standing.step, self.order.workers
            )
            for batch in batches:
                if agreed(not still_wanted(), self.share):
                    self._save()
                    return self._outcome(finished=False)
                loss = self._step(batch)
                standing.step += 1
                standing.loss_sum += loss
                now_s = time.monotonic()
                done = standing.epoch * self.steps + standing.step
                rate = (done - done_before) / max(now_s - began_s, 1e-9)
                self.report(
                    Step(
                        standing.epoch + 1,
                        self.recipe.epochs,
                        standing.step,
                        self.steps,
                        standing.loss_sum / standing.step,
                        rate * self.recipe.batch,
                        (whole - done) / rate,
                    )
                )
                if standing.step < self.steps and now_s - saved_s >= self.order.checkpoint_s:
                    self._save()
                    saved_s = time.monotonic()
            self._end_epoch()
            self._save()
            saved_s = time.monotonic()
        return self._outcome(finished=True)

    def _step(self, batch: Prepared) -> float:
        """The loss of the batch over all processes' shares, before the step it makes."""
        standing = self.standing
        assert standing is not None
        done = standing.epoch * self.steps + standing.step
        whole = self.recipe.epochs * self.steps
        factor = rate_factor(done, whole, round(self.recipe.warm_up * whole))
        for group in self.optimiser.param_groups:
            group["lr"] = group["highest"] * factor
        # Dropout's random numbers follow from the place as everything else does.
        torch.manual_seed(self.recipe.seed * 1_000_003 + done * self.share.world + self.share.rank)
        bfloat16 = self.order.compute.dtype == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            loss = self.objective(batch.lower, batch.side, batch.rectangles, batch.labels)
        if not torch.isfinite(loss):
            raise UserError(
                f"The loss became {float(loss.detach())} in epoch {standing.epoch + 1}; take smaller learning rates."
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self._average(done)
        return self._mean(loss.detach())

    def _mean(self, loss: Tensor) -> float:
        if self.share.world > 1:
            torch.distributed.all_reduce(loss)
        return float(loss) / self.share.world

    def _average(self, done: int) -> None:
        if not self.recipe.average:
            return
        assert self.standing is not None
        decay = min(self.recipe.average, (1 + done) / (10 + done))
        kept = self.standing.average
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                if name not in kept:
                    kept[name] = parameter.detach().clone()
                kept[name].lerp_(parameter.detach(), 1 - decay)

    def _end_epoch(self) -> None:
        standing = self.standing
        assert standing is not None
        tensors = self._result()
        loss, rate = standing.loss_sum / self.steps, self.optimiser.param_groups[-1]["lr"]
        names = self.order.training.class_names
        if self.order.validation.examples:
            found = validated(
                self._network(tensors),
                self.order.validation,
                self.recipe,
                self.start.convention,
                self.device,
                workers=self.order.workers,
                share=self.share,
            )
            ap = {name: value for name, value in zip(names, found.ap, strict=True) if value == value}  # noqa: PLR0124 - NaN is not
            epoch = Epoch(standing.epoch + 1, loss, rate, found.loss, found.mean_ap, ap)
        else:
            epoch = Epoch(standing.epoch + 1, loss, rate, None, None, None)
        if _is_best(epoch, standing.curve, standing.best_epoch):
            standing.best, standing.best_epoch = tensors, epoch.epoch
        standing.curve.append(epoch.as_json())
        standing.epoch, standing.step, standing.loss_sum = standing.epoch + 1, 0, 0.0
        self.report(epoch)

    def _result(self) -> dict[str, Tensor]:
        """What would be written if the training ended here."""
        assert self.standing is not None
        tensors = self.network.tensors()
        tensors.update({name: tensor.float().cpu() for name, tensor in self.standing.average.items()})
        return interpolate_tensors(tensors, self.start.tensors, self.recipe.blend)

    def _calibrate(self) -> None:
        """Gives the borrowed outputs of the start their scale, on evenly spaced training images."""
        start, examples = self.start, self.order.training.examples
        if start.kept or not start.borrowed or not self.recipe.calibrate:
            return
        count = min(self.recipe.calibrate, len(examples))
        places = [index * len(examples) // count for index in range(count)]
        self.report(Note(f"Calibrating {len(start.borrowed)} borrowed classes on {count} images ..."))
        logits, present = largest_logits(
            self._network(start.tensors),
            self.order.training,
            self.recipe,
            start.convention,
            self.device,
            workers=self.order.workers,
            places=places,
        )
        scale, offset = calibrated(torch.from_numpy(logits), torch.from_numpy(present))
        weight, bias = start.tensors[f"{start.classifier}.weight"], start.tensors[f"{start.classifier}.bias"]
        for class_id in start.borrowed:
            weight[class_id] *= scale[class_id].float()
            bias[class_id] = bias[class_id] * scale[class_id].float() + offset[class_id].float()

    def _network(self, tensors: Mapping[str, Tensor]) -> Trainable:
        return self.start.network(tensors).to(self.device)

    def _go_on(self, standing: Standing) -> None:
        self.network.load_state_dict(standing.network, strict=False)
        self.optimiser.load_state_dict(standing.optimiser)
        self.report(
            Note(
                f"Going on from epoch {standing.epoch + 1}, step {standing.step + 1}, after {standing.elapsed_s:.0f} s."
            )
        )

    def _save(self) -> None:
        standing = self.standing
        assert standing is not None
        if self.share.rank == 0:
            standing.network, standing.optimiser = self.network.state_dict(), self.optimiser.state_dict()
            checkpoint.save(self.order.out, standing)

    def _outcome(self, *, finished: bool) -> Trained:
        standing = self.standing
        assert standing is not None
        curve = tuple(Epoch(**point) for point in standing.curve)
        if standing.best_epoch is None or self.share.rank != 0:
            return Trained(finished, None, None, standing.best_epoch, curve)
        path = self.order.out / NAME
        best = curve[standing.best_epoch - 1]
        recipe: dict[str, Any] = {
            **self.recipe.as_json(),
            "start_sha256": self.start.digest,
            "training": self.order.training.name,
            "training_images": len(self.order.training.examples),
            "validation": self.order.validation.name,
            "validation_images": len(self.order.validation.examples),
            "epoch": standing.best_epoch,
            "validation_mean_ap": best.mean_ap,
            "identity": self.identity,
        }
        names = self.order.training.class_names
        digest = write_weights(path, self.start, standing.best, names, recipe, half=self.order.half)
        return Trained(finished, path, digest, standing.best_epoch, curve)


def _parameter_groups(network: Trainable, recipe: Recipe) -> list[dict[str, Any]]:
    """Body and classifier at rates of their own; offsets and batch normalisation's factors are not decayed."""
    groups: list[dict[str, Any]] = []
    for parameters, rate in zip(network.groups(), (recipe.rate_body, recipe.rate_head), strict=True):
        for decay in (0.0, recipe.weight_decay):
            chosen = [one for one in parameters if (one.ndim > 1) == (decay > 0)]
            groups.append({"params": chosen, "lr": rate, "highest": rate, "weight_decay": decay})
    return groups


def _is_best(epoch: Epoch, curve: list[dict[str, Any]], best_epoch: int | None) -> bool:
    if best_epoch is None or epoch.mean_ap is None:
        return True
    return bool(epoch.mean_ap > curve[best_epoch - 1]["mean_ap"])


def _silent(_event: Event) -> None:
    """Only the first process speaks."""
