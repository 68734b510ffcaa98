"""The training itself: steps, epochs, checkpoints; goes on where a killed one stopped and ends the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.device import use_deterministic_algorithms
from dcsm_viewer.engine.weights.weight_interpolation import interpolate_tensors
from dcsm_viewer.io.atomic import ensure_folder
from dcsm_viewer.io.own_files import adopt, claim
from dcsm_viewer.training import checkpoint
from dcsm_viewer.training.batches import Share, steps_per_epoch
from dcsm_viewer.training.calibration import fit_calibration
from dcsm_viewer.training.checkpoint import TrainingState
from dcsm_viewer.training.curve_picture import NAME as CURVE
from dcsm_viewer.training.frozen_features import FrozenBatch, FrozenFeatureCache
from dcsm_viewer.training.initial_weights import Trainable, load_initial_weights
from dcsm_viewer.training.learning_rate import rate_factor
from dcsm_viewer.training.objective import Objective
from dcsm_viewer.training.process_group import any_rank, process_group
from dcsm_viewer.training.progress import Epoch, Event, Note, TrainStep
from dcsm_viewer.training.save_weights import NAME, write_weights
from dcsm_viewer.training.train_job import TrainJob, TrainResult, check_data
from dcsm_viewer.training.training_recipe import TrainingRecipe, check, digest_of
from dcsm_viewer.training.validation import largest_logits, validate


def train(job: TrainJob, report: Callable[[Event], None], still_wanted: Callable[[], bool]) -> TrainResult:
    """Trains to the end, or until it is no longer wanted; then the same order goes on from the same place.

    On one device with one number of threads an interrupted training gives bit for bit what an unbroken one gives.
    Raises UserError for images, recipes and weights that make no training.
    """
    check(job.recipe)
    check_data(job)
    ensure_folder(job.out)
    # Where a checkpoint is, it says whose the folder is when it is loaded; else a user's file may have a name of ours.
    names = (checkpoint.NAME, NAME, CURVE)
    (adopt if (job.out / checkpoint.NAME).exists() else claim)(job.out, names)
    with process_group(job.compute.device, job.recipe.batch) as (share, device):
        use_deterministic_algorithms(device)
        return _Training(job, share, device, report if share.rank == 0 else _silent).run(still_wanted)


def data_digest(job: TrainJob, start: str) -> str:
    """Return the digest of all that a training reads beside its recipe; start: that of its start weights."""
    images = ([[one.image.name, one.labels] for one in data.examples] for data in (job.training, job.validation))
    return digest_of(start, job.training.class_names, *images)


class _Training:
    def __init__(self, job: TrainJob, share: Share, device: torch.device, report: Callable[[Event], None]) -> None:
        self.job, self.share, self.device, self.report = job, share, device, report
        self.recipe = job.recipe
        self.steps = steps_per_epoch(len(job.training.examples), self.recipe)
        self.start = load_initial_weights(
            self.recipe.start, job.training.class_names, self.recipe.seed, self.recipe.frozen_head
        )
        data = data_digest(job, self.start.digest)
        self.identity = checkpoint.identity_of(self.recipe.as_json(), data)
        self.state = checkpoint.load(job.out, self.recipe.as_json(), data, device)
        if self.state is None:
            self._calibrate()
        else:
            self.start.tensors.update({name: tensor.cpu() for name, tensor in self.state.start_head.items()})
        self.network = self._network(self.start.tensors)
        self.network.freeze(self.recipe.freeze)
        self.network.train()
        self.optimiser = torch.optim.AdamW(_parameter_groups(self.network, self.recipe))
        if self.state is None:
            self.state = TrainingState(self.identity, self.recipe.as_json(), start_head=self.start.head)
        else:
            self._go_on(self.state)
        remembered = None
        if self.recipe.feature_reg:
            remembered = self._network(self.start.tensors).eval()
            remembered.freeze(self.recipe.freeze)
        self.frozen = FrozenFeatureCache(job.out, self.recipe, data, self.start.convention, share, device)
        self.objective: nn.Module = Objective(self.network, self.recipe, remembered)
        if share.world > 1:
            ids = [device.index] if device.type == "cuda" else None
            self.objective = nn.parallel.DistributedDataParallel(self.objective, device_ids=ids)

    def run(self, still_wanted: Callable[[], bool]) -> TrainResult:
        state = self.state
        assert state is not None
        saved_s = began_s = time.monotonic()
        done_before = state.epoch * self.steps + state.step
        whole = self.recipe.epochs * self.steps
        while state.epoch < self.recipe.epochs:
            batches = self.frozen.batches(self.network, self.job.training, state.epoch, state.step, self.job.workers)
            for batch in batches:
                if any_rank(not still_wanted(), self.share):
                    self._save()
                    return self._outcome(finished=False)
                loss = self._step(batch)
                state.step += 1
                state.loss_sum += loss
                now_s = time.monotonic()
                done = state.epoch * self.steps + state.step
                rate = (done - done_before) / max(now_s - began_s, 1e-9)
                self.report(
                    TrainStep(
                        state.epoch + 1,
                        self.recipe.epochs,
                        state.step,
                        self.steps,
                        state.loss_sum / state.step,
                        rate * self.recipe.batch,
                        (whole - done) / rate,
                    )
                )
                if state.step < self.steps and now_s - saved_s >= self.job.checkpoint_s:
                    self._save()
                    saved_s = time.monotonic()
            self._end_epoch()
            self._save()
            saved_s = time.monotonic()
        return self._outcome(finished=True)

    def _step(self, batch: FrozenBatch) -> float:
        """The loss of the batch over all processes' shares, before the step it makes."""
        state = self.state
        assert state is not None
        done = state.epoch * self.steps + state.step
        whole = self.recipe.epochs * self.steps
        factor = rate_factor(done, whole, round(self.recipe.warm_up * whole))
        for group in self.optimiser.param_groups:
            group["lr"] = group["highest"] * factor
        # Dropout's random numbers follow from the place as everything else does.
        torch.manual_seed(self.recipe.seed * 1_000_003 + done * self.share.world + self.share.rank)
        bfloat16 = self.job.compute.dtype == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            loss = self.objective(batch.lower, batch.side, batch.rectangles, batch.labels)
        if not torch.isfinite(loss):
            raise UserError(
                f"The loss became {float(loss.detach())} in epoch {state.epoch + 1}; take smaller learning rates."
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
        if not self.recipe.ema_decay:
            return
        assert self.state is not None
        decay = min(self.recipe.ema_decay, (1 + done) / (10 + done))
        average = self.state.average
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                if name not in average:
                    average[name] = parameter.detach().clone()
                average[name].lerp_(parameter.detach(), 1 - decay)

    def _end_epoch(self) -> None:
        state = self.state
        assert state is not None
        tensors = self._result()
        loss, rate = state.loss_sum / self.steps, self.optimiser.param_groups[-1]["lr"]
        names = self.job.training.class_names
        if self.job.validation.examples:
            found = validate(
                self._network(tensors),
                self.job.validation,
                self.recipe,
                self.start.convention,
                self.device,
                workers=self.job.workers,
                share=self.share,
            )
            ap = {name: value for name, value in zip(names, found.ap, strict=True) if value == value}  # noqa: PLR0124 - NaN is not
            epoch = Epoch(state.epoch + 1, loss, rate, found.loss, found.mean_ap, ap)
        else:
            epoch = Epoch(state.epoch + 1, loss, rate, None, None, None)
        if _is_best(epoch, state.curve, state.best_epoch):
            state.best, state.best_epoch = tensors, epoch.epoch
        state.curve.append(epoch.as_json())
        state.epoch, state.step, state.loss_sum = state.epoch + 1, 0, 0.0
        self.report(epoch)

    def _result(self) -> dict[str, Tensor]:
        """What would be written if the training ended here."""
        assert self.state is not None
        tensors = self.network.tensors()
        tensors.update({name: tensor.float().cpu() for name, tensor in self.state.average.items()})
        return interpolate_tensors(tensors, self.start.tensors, self.recipe.weight_interpolation)

    def _calibrate(self) -> None:
        """Gives the borrowed outputs of the start their scale, on evenly spaced training images."""
        start, examples = self.start, self.job.training.examples
        if start.keeps_classifier or not start.borrowed or not self.recipe.calibrate:
            return
        count = min(self.recipe.calibrate, len(examples))
        indices = [index * len(examples) // count for index in range(count)]
        self.report(Note(f"Calibrating {len(start.borrowed)} borrowed classes on {count} images ..."))
        logits, present = largest_logits(
            self._network(start.tensors),
            self.job.training,
            self.recipe,
            start.convention,
            self.device,
            workers=self.job.workers,
            indices=indices,
        )
        scale, offset = fit_calibration(torch.from_numpy(logits), torch.from_numpy(present))
        weight, bias = start.tensors[f"{start.classifier}.weight"], start.tensors[f"{start.classifier}.bias"]
        for class_id in start.borrowed:
            weight[class_id] *= scale[class_id].float()
            bias[class_id] = bias[class_id] * scale[class_id].float() + offset[class_id].float()

    def _network(self, tensors: Mapping[str, Tensor]) -> Trainable:
        return self.start.network(tensors).to(self.device)

    def _go_on(self, state: TrainingState) -> None:
        self.network.load_state_dict(state.network, strict=False)
        self.optimiser.load_state_dict(state.optimiser)
        self.report(
            Note(f"Going on from epoch {state.epoch + 1}, step {state.step + 1}, after {state.elapsed_s:.0f} s.")
        )

    def _save(self) -> None:
        state = self.state
        assert state is not None
        if self.share.rank == 0:
            state.network, state.optimiser = self.network.state_dict(), self.optimiser.state_dict()
            checkpoint.save(self.job.out, state)

    def _outcome(self, *, finished: bool) -> TrainResult:
        state = self.state
        assert state is not None
        curve = tuple(Epoch(**point) for point in state.curve)
        if state.best_epoch is None or self.share.rank != 0:
            return TrainResult(finished, None, None, state.best_epoch, curve)
        path = self.job.out / NAME
        best = curve[state.best_epoch - 1]
        recipe: dict[str, Any] = {
            **self.recipe.as_json(),
            "start_sha256": self.start.digest,
            "training": self.job.training.name,
            "training_images": len(self.job.training.examples),
            "validation": self.job.validation.name,
            "validation_images": len(self.job.validation.examples),
            "epoch": state.best_epoch,
            "validation_mean_ap": best.mean_ap,
            "identity": self.identity,
        }
        names = self.job.training.class_names
        digest = write_weights(path, self.start, state.best, names, recipe, half=self.job.half)
        return TrainResult(finished, path, digest, state.best_epoch, curve)


def _parameter_groups(network: Trainable, recipe: TrainingRecipe) -> list[dict[str, Any]]:
    """Body and classifier at rates of their own; offsets and batch normalisation's factors are not decayed."""
    groups: list[dict[str, Any]] = []
    for parameters, rate in zip(network.groups(), (recipe.backbone_lr, recipe.head_lr), strict=True):
        for decay in (0.0, recipe.weight_decay):
            chosen = [one for one in parameters if (one.ndim > 1) == (decay > 0)]
            groups.append({"params": chosen, "lr": rate, "highest": rate, "weight_decay": decay})
    return groups


def _is_best(epoch: Epoch, curve: list[dict[str, Any]], best_epoch: int | None) -> bool:
    if best_epoch is None or epoch.mean_ap is None:
        return True
    return bool(epoch.mean_ap > curve[best_epoch - 1]["mean_ap"])


def _silent(_event: Event) -> None:
    """Only the first process reports."""
