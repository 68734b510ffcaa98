"""The dense CRF once more, slow, literal, float64: the exact kernel, and the lattice point by point."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Key = tuple[int, ...]


def features(rgb: NDArray[np.uint8], sxy: tuple[float, float], srgb: tuple[float, float, float] | None) -> Array:
    """(N, d): x / sx, y / sy and, with srgb, the colours over their widths; pixels row by row."""
    height, width = rgb.shape[:2]
    rows = []
    for y in range(height):
        for x in range(width):
            index = [x / sxy[0], y / sxy[1]]
            colour = [] if srgb is None else [float(value) / s for value, s in zip(rgb[y, x], srgb, strict=True)]
            rows.append(index + colour)
    return np.array(rows)


def exact_kernel(f: Array) -> Array:
    """K_ij = exp(-|f_i - f_j|^2 / 2) (Kraehenbuehl and Koltun 2011, eq. 3, one term), (N, N)."""
    apart = f[:, None, :] - f[None, :, :]
    result: Array = np.exp(-0.5 * (apart**2).sum(-1))
    return result


def normalised(kernel: Array, mode: str) -> Array:
    """The kernel divided by its row sums as pydensecrf's modes do."""
    sums: Array = kernel.sum(1)
    before, after = np.ones_like(sums), np.ones_like(sums)
    if mode == "symmetric":
        before, after = 1 / np.sqrt(sums), 1 / np.sqrt(sums)
    if mode == "before":
        before = 1 / sums
    if mode == "after":
        after = 1 / sums
    result: Array = after[:, None] * kernel * before[None, :]
    return result


def softmax(logits: Array) -> Array:
    """Over axis 0."""
    weights = np.exp(logits - logits.max(0))
    result: Array = weights / weights.sum(0)
    return result


def mean_field(unary: Array, kernels: list[tuple[Array, float]], iterations: int) -> Array:
    """Q (L, N) after `iterations` of algorithm 1 with Potts weights: Q <- softmax(-unary + sum w K Q)."""
    q = softmax(-unary)
    for _ in range(iterations):
        logits = -unary
        for kernel, weight in kernels:
            logits = logits + weight * q @ kernel.T
        q = softmax(logits)
    return q


def free_energy(unary: Array, kernels: list[tuple[Array, float]], q: Array) -> float:
    """Sum Q (log Q + unary) - 1/2 sum w Q K Q over pixels: each pair of pixels once, in nats."""
    total = float((q * (np.log(np.maximum(q, 1e-300)) + unary)).sum())
    for kernel, weight in kernels:
        total -= 0.5 * weight * float((q * (q @ kernel.T)).sum())
    return total


def lattice_kernel(f: Array) -> Array:
    """The (N, N) matrix that splat, blur and slice on the permutohedral lattice amount to (Adams et al. 2010)."""
    corners = [enclosing_simplex(point) for point in f]
    if len(f) % 4:
        # pydensecrf works on four features at a time and fills up with zeros, whose lattice points then exist.
        keys = {key for point in corners for key, _ in point} | {key for key, _ in enclosing_simplex(0 * f[0])}
    else:
        keys = {key for point in corners for key, _ in point}
    dimension = f.shape[1]
    columns = []
    for source in corners:
        values = dict.fromkeys(keys, 0.0)
        for key, weight in source:
            values[key] += weight
        for direction in range(dimension + 1):
            ahead = [-1] * (dimension + 1)
            ahead[direction] = dimension
            values = {
                key: value
                + 0.5 * values.get(tuple(k + a for k, a in zip(key, ahead, strict=True)), 0.0)
                + 0.5 * values.get(tuple(k - a for k, a in zip(key, ahead, strict=True)), 0.0)
                for key, value in values.items()
            }
        alpha = 1.0 / (1.0 + 2.0**-dimension)
        columns.append([sum(weight * values[key] for key, weight in target) * alpha for target in corners])
    return np.array(columns).T


def enclosing_simplex(point: Array) -> list[tuple[Key, float]]:
    """The d+1 lattice points around `point` and their barycentric weights (Adams et al. 2010, section 3)."""
    d = len(point)
    deviation = math.sqrt(2.0 / 3.0) * (d + 1)
    scaled = [point[i] * deviation / math.sqrt((i + 1) * (i + 2)) for i in range(d)]
    elevated = [sum(scaled[j:]) - (j * scaled[j - 1] if j else 0.0) for j in range(d + 1)]
    nearest = [round(value / (d + 1)) * (d + 1) for value in elevated]
    surplus = sum(nearest) // (d + 1)
    left = [value - whole for value, whole in zip(elevated, nearest, strict=True)]
    order = sorted(range(d + 1), key=lambda i: (-left[i], i))
    rank = [order.index(i) + surplus for i in range(d + 1)]
    for i in range(d + 1):
        if rank[i] < 0:
            rank[i] += d + 1
            nearest[i] += d + 1
        elif rank[i] > d:
            rank[i] -= d + 1
            nearest[i] -= d + 1
    by_rank = [0.0] * (d + 1)
    for i in range(d + 1):
        by_rank[rank[i]] = (elevated[i] - nearest[i]) / (d + 1)
    result = []
    for remainder in range(d + 1):
        key = tuple(nearest[i] + (remainder if rank[i] <= d - remainder else remainder - (d + 1)) for i in range(d + 1))
        below = by_rank[d - remainder + 1] if remainder else by_rank[0] - 1.0
        result.append((key, by_rank[d - remainder] - below))
    return result
