"""Train the demo's ShapesNet on pictures it draws, and write `resources/demo/shapes.pt`.

Takes about a minute on two CPU cores. The seed is fixed: on one machine and one version of torch the same
checkpoint comes out. Needs torch and numpy: `.venv/bin/python scripts/train_demo.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from resources.demo.shapes import CLASS_NAMES, ShapesNet  # noqa: E402 (the checkout is put on the path above)

if TYPE_CHECKING:
    import numpy.typing as npt

SEED = 20
SIZE_PX = 32
BATCH = 64


def signed_distance(name: str, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance to the edge of a shape of radius 1 about the origin, negative inside."""
    radius = np.hypot(x, y)
    if name == "circle":
        return radius - 0.9
    if name == "ring":
        return np.abs(radius - 0.75) - 0.22
    if name == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.75
    if name == "triangle":
        half_plane = np.abs(x) * np.sqrt(0.75)
        sides: npt.NDArray[np.float64] = np.maximum(half_plane + 0.5 * y, -y)
        return sides - 0.5
    if name == "cross":
        upright = np.maximum(np.abs(x) - 0.28, np.abs(y) - 0.95)
        across = np.maximum(np.abs(y) - 0.28, np.abs(x) - 0.95)
        return np.minimum(upright, across)
    raise ValueError(f"no such shape: {name}")


def draw(name: str, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """A picture [3, 32, 32] in 0..1: the shape anywhere, any size, turn and colour, on a noisy gradient."""
    axis = np.arange(SIZE_PX) + 0.5
    column, row = np.meshgrid(axis, axis)
    scale_px = random.uniform(6.5, 13.0)
    centre_x, centre_y = random.uniform(scale_px, SIZE_PX - scale_px, 2)
    turn = random.uniform(0, 2 * np.pi)
    right, down = column - centre_x, row - centre_y
    x = (right * np.cos(turn) + down * np.sin(turn)) / scale_px
    y = (down * np.cos(turn) - right * np.sin(turn)) / scale_px
    cover = np.clip(0.5 - signed_distance(name, x, y) * scale_px, 0.0, 1.0)  # one soft pixel at the edge

    ground, ink = random.uniform(0.0, 1.0, (2, 3, 1, 1))
    while np.abs(ground - ink).max() < 0.35:  # else nobody could see the shape
        ink = random.uniform(0.0, 1.0, (3, 1, 1))
    slope_x, slope_y = random.uniform(-0.2, 0.2, 2)
    light = slope_x * (column / SIZE_PX - 0.5) + slope_y * (row / SIZE_PX - 0.5)
    picture = ground + light + cover * (ink - ground) + random.normal(0.0, 0.04, (3, SIZE_PX, SIZE_PX))
    clipped: npt.NDArray[np.float64] = np.clip(picture, 0.0, 1.0)
    return clipped.astype(np.float32)


def make_set(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures [count, 3, 32, 32] and their class indices [count], as many of each class as can be."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASS_NAMES)
    pictures = np.stack([draw(CLASS_NAMES[label], random) for label in labels])
    return torch.from_numpy(pictures), torch.from_numpy(labels)


def accuracy(model: nn.Module, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of pictures named rightly, 0..1."""
    model.eval()
    with torch.inference_mode():
        answers = torch.cat([model(part).argmax(dim=1) for part in torch.split(pictures, 256)])
    return (answers == labels).double().mean().item()


def train(model: nn.Module, pictures: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """Fit the model in place with Adam, one cosine-shaped rise and fall of the learning rate."""
    order = torch.Generator().manual_seed(SEED)
    steps = epochs * (len(labels) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=steps)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        model.train()
        started_s = time.monotonic()
        total = 0.0
        shuffled = torch.randperm(len(labels), generator=order)[: steps // epochs * BATCH]
        batches = torch.split(shuffled, BATCH)
        for chosen in batches:
            optimizer.zero_grad()
            loss = criterion(model(pictures[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(batches):.4f}, {time.monotonic() - started_s:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "demo" / "shapes.pt")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pictures", type=int, default=5120, help="size of the training set")
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    model = ShapesNet(num_classes=len(CLASS_NAMES))
    train(model, *make_set(options.pictures, seed=SEED), options.epochs)
    score = accuracy(model, *make_set(2000, seed=SEED + 1))
    print(f"held-out accuracy: {score:.2%} of 2000 pictures")
    torch.save(model.state_dict(), options.out)
    print(f"wrote {options.out} ({options.out.stat().st_size / 1000:.0f} kB)")
    return 0 if score > 0.95 else 1


if __name__ == "__main__":
    raise SystemExit(main())
